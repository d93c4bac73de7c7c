# SPDX-License-Identifier: Apache-2.0
"""Recorded requests of the clients, byte for byte, where their toolchains are not: each is answered as it was, and what
they wrote is in the InfluxDB behind."""

import json
import socket

from suite import points
from suite.catalogue import BY_NAME
from suite.recorder import FOLDER, ask, request_of
from suite.world import DATABASE, World


def replay(world, requests):
    """How answers differ from what they were. Each request has a connection of its own."""
    wrong = []
    for kept in requests:
        with socket.create_connection((world.host, world.port), 20) as connection:
            answer, body = ask(connection, request_of(kept))
            if answer.status != kept["status"]:
                wrong.append(f"{kept['head'][0]}: {answer.status}, not {kept['status']}: {body[:300]!r}")
    return wrong


def test_what_is_called_compressed_was():
    for path in FOLDER.glob("*/*.json"):
        heads = [line.lower() for each in json.loads(path.read_text())["requests"] if "packed" in each for line in each["head"]]
        assert BY_NAME[path.stem].gzip == ("content-encoding: gzip" in heads), path


def test_recorded_requests(influxd, start_weir):
    world = World(influxd, start_weir)
    files = sorted(FOLDER.glob("*/*.json"))
    assert files
    wrong = {}
    for path in files:
        client, kept = BY_NAME[path.stem], json.loads(path.read_text())
        assert kept["version"] == client.version, f"{path}: of another version; record it again: ./dev clients --record"
        world.weir.client.request("POST", "/query", {"q": f"DROP DATABASE {DATABASE}"})
        if not client.creates:
            world.weir.client.request("POST", "/query", {"q": f"CREATE DATABASE {DATABASE}"})
        found = replay(world, kept["requests"])
        world.all_delivered()
        found += points.differences(world.stored(DATABASE, points.MEASUREMENT), range(6 if client.gzip else 3), client.gauges)
        if found:
            wrong[client.name] = found
    assert wrong == {}
