# SPDX-License-Identifier: Apache-2.0
"""Records what clients send (./dev clients --record): of each a few requests, into recorded/."""

import pytest

from suite import points
from suite.catalogue import CLIENTS
from suite.program import Program
from suite.recorder import RequestRecorder
from suite.toolchains import Missing
from suite.world import DATABASE, World

RECORDED = [client for client in CLIENTS if not (client.core or client.udp)]


@pytest.mark.parametrize("client", RECORDED, ids=lambda client: client.name)
def test_record(client, influxd, start_weir, tmp_path):
    try:
        folder = client.recipe.ready()
    except Missing as missing:
        pytest.skip(str(missing))
    world = World(influxd, start_weir)
    recorder = RequestRecorder(world.host, world.port)
    url = f"http://127.0.0.1:{recorder.port}"
    program = Program(client.recipe.command(folder), tmp_path, [url, "127.0.0.1", str(recorder.port), DATABASE],
                      tmp_path / "client.log", client.environment)
    try:
        for step in ("connect", "create", "write 0 3", "gzip 3 3", "bad", "conflict"):
            if step == "create" and not client.creates:
                influxd.create_database(DATABASE)
            program.ask(step)
            if step.startswith("write"):  # some say that they wrote before they did
                world.wait(lambda: world.stored(DATABASE, points.MEASUREMENT), "the points")
        recorder.keep(client)
    finally:
        program.end()
        recorder.stop()
