# SPDX-License-Identifier: Apache-2.0
"""What the last run saw of each client: a file a client in build/clients/results."""

import json
import os

from .catalogue import CLIENTS
from .toolchains import CACHE

FOLDER = CACHE / "results"


KEEPS = os.environ.get("WEIR_CLIENTS") == "all"  # the short run of ./dev test says nothing of 10,000 points


def keep(client, **seen):
    if KEEPS:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{client.name}.json").write_text(json.dumps({"version": client.version, **seen}))


def passed(client, steps):
    keep(client, steps=steps)


def failed(client):
    if KEEPS:
        (FOLDER / f"{client.name}.json").unlink(missing_ok=True)


def skipped(client, reason):
    keep(client, skipped=reason)


def all_seen():
    """By name; those of another version are not seen."""
    seen = {}
    for client in CLIENTS:
        try:
            found = json.loads((FOLDER / f"{client.name}.json").read_text())
        except FileNotFoundError:
            continue
        if found["version"] == client.version:
            seen[client.name] = found
    return seen
