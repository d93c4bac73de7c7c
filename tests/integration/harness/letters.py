# SPDX-License-Identifier: Apache-2.0
"""The dead letters of a weir, as `weir letters` shows them."""

import json
import subprocess

from .process import wait_until


def letters(weir, *arguments, status=0):
    """`weir letters ...` with the configuration of `weir`: what it printed."""
    command = [weir.executable, "letters", *arguments, "--config", weir.config_path]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=weir.directory,
        capture_output=True,
        timeout=60,
        check=False,
    )
    said = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    assert done.returncode == status, said
    return done.stdout.decode(errors="surrogateescape")


def listed(weir, *arguments):
    text = letters(weir, "list", "--json", "--limit", "0", *arguments)
    return [json.loads(line) for line in text.splitlines()]


def wait_kept(weir, count):
    """Letters are written after the answer, by a thread of their own."""
    wait_until(
        lambda: weir.metrics().sum("weir_letters_kept_total") >= count, what=f"{count} letters kept"
    )
