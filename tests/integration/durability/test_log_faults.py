# SPDX-License-Identifier: Apache-2.0
"""Files of the log and beside it that are damaged, gone or in the way: weir starts, says what is lost, counts it,
and delivers everything else."""

import json
import pathlib
import shutil
import subprocess

import pytest
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import influx_sink, settings

TIME = 1_700_000_000_000_000_000


@pytest.fixture
def server():
    with Scripted() as made:
        yield made


def make(make_weir, server, batch_points=10_000, **keys):
    # A server that is away at first, so that everything stays in the log.
    server.answer = lambda path, params, lines: (503, {}, b"down")
    sink = influx_sink(server.url, create_databases=False, **{"batch.points": batch_points})
    log = {"segment": "1MiB", "compression": "none", **keys}
    return make_weir(settings(sink, log=log, service={"drain_timeout": "100ms"})).start()


def write(weir, number, count=100, db="d"):
    text = "x" * 600
    lines = [f'm v={number}i,t="{text}" {TIME + number * 1000 + i}' for i in range(count)]
    return weir.client.request("POST", "/write", {"db": db}, "\n".join(lines))


def fill(weir, bodies):
    for number in range(bodies):
        answer = write(weir, number)
        assert answer.status == 204, answer.text()[:300]


def segments(weir):
    return sorted(pathlib.Path(weir.directory, "weir-data", "segments").glob("*.log"))


def deliver(weir, server):
    server.answer = lambda path, params, lines: None
    wait_until(
        lambda: weir.metrics().sum("weir_sink_pending_points", sink="influx") == 0,
        20,
        "everything delivered",
        weir.must_be_alive,
    )
    return sum(len(lines) for lines in server.stored.values())


def stat(weir):
    command = [weir.executable, "log", "stat", "--json", "--config", weir.config_path]
    done = subprocess.run(command, cwd=weir.directory, capture_output=True, timeout=30)
    return json.loads(done.stdout)


def lost(weir):
    return weir.metrics().sum("weir_sink_discarded_points_total", reason="lost")


def test_a_flipped_bit_in_a_header_costs_nothing(make_weir, server):
    weir = make(make_weir, server)
    fill(weir, 60)
    weir.kill()
    assert len(segments(weir)) > 2
    for path in segments(weir)[:2]:
        content = bytearray(path.read_bytes())
        content[20] ^= 0x40
        path.write_bytes(content)
    weir.start()
    assert weir.metrics().sum("weir_log_restored_headers_total") == 2
    assert deliver(weir, server) == 6000
    assert lost(weir) == 0


@pytest.mark.parametrize("how", ["gone", "cut"])
def test_what_vanished_is_counted_and_the_rest_delivered(make_weir, server, how):
    weir = make(make_weir, server)
    fill(weir, 60)
    # A second later the cursor says what the sink has found.
    wait_until(lambda: stat(weir)["sinks"][0]["pending_points"] == 6000, 10, "the cursor")
    weir.kill()
    victim = segments(weir)[1]
    if how == "gone":
        victim.unlink()
    else:
        with open(victim, "r+b") as file:
            file.truncate(victim.stat().st_size // 2)
    weir.start()
    missing = weir.metrics().sum("weir_log_missing_frames_total")
    assert missing > 0 and "missing" in weir.log()
    delivered = deliver(weir, server)
    assert delivered == 6000 - missing * 100
    assert lost(weir) == 6000 - delivered


def test_a_segment_deleted_under_a_running_weir_holds_up_nobody(make_weir, server):
    # The sink reads one body, and no other segment than the first, before it asks the server.
    weir = make(make_weir, server, batch_points=100)
    fill(weir, 60)
    weir.restart()  # nothing is in memory
    segments(weir)[1].unlink()
    delivered = deliver(weir, server)
    assert 0 < delivered < 6000
    assert lost(weir) == 6000 - delivered
    assert weir.metrics().sum("weir_log_missing_frames_total") * 100 == 6000 - delivered
    assert write(weir, 99).status == 204
    wait_until(lambda: deliver(weir, server) == delivered + 100, 10, "new points")


def test_a_directory_deleted_under_weir_is_answered_503_until_it_is_back(make_weir, server):
    weir = make(make_weir, server)
    fill(weir, 3)
    data = weir.directory / "weir-data"
    data.rename(weir.directory / "away")
    answer = write(weir, 3)
    assert answer.status == 503
    assert "has vanished" in weir.log()
    (weir.directory / "away").rename(data)
    wait_until(lambda: write(weir, 4).status == 204, 10, "writes taken again")
    weir.restart()
    assert deliver(weir, server) >= 400
    shutil.rmtree(data)
    assert write(weir, 5).status == 503
    data.mkdir()
    wait_until(lambda: write(weir, 6, db="e").status == 204, 10, "writes taken in a new directory")
    wait_until(lambda: len(server.stored.get("e", [])) >= 100, 10, "new points delivered")


def test_a_log_that_was_made_anew_is_not_taken_for_the_old_one(make_weir, server):
    weir = make(make_weir, server)
    fill(weir, 10)
    deliver(weir, server)
    data = weir.directory / "weir-data"
    # A second later the cursor says so.
    wait_until(lambda: list(data.glob("cursors/influx*")), 10, "a cursor")
    wait_until(lambda: stat(weir)["sinks"][0]["pending_points"] == 0, 10, "the cursor")
    weir.kill()
    shutil.rmtree(data / "segments")
    (data / "headers").unlink()
    server.stored.clear()
    weir.start()
    for number in range(3):
        assert write(weir, number, db="fresh").status == 204
    wait_until(lambda: len(server.stored.get("fresh", [])) == 300, 10, "the new log's points")
    assert "of another log" in weir.log()


@pytest.mark.parametrize(
    "content",
    [b"", b"weir data", b"\0" * 4096, b"weir databases 1\nmetr"],
    ids=["empty", "cut", "zeros", "cut name"],
)
def test_a_damaged_list_of_databases_keeps_nobody_from_starting(make_weir, server, content):
    weir = make(make_weir, server)
    fill(weir, 2)
    assert weir.client.request("POST", "/query", {"q": "CREATE DATABASE made"}).status == 200
    weir.kill()
    (weir.directory / "weir-data" / "databases").write_bytes(content)
    weir.start()
    assert deliver(weir, server) == 200
    shown = weir.client.request("GET", "/query", {"q": "SHOW DATABASES"}).text()
    aside = (weir.directory / "weir-data" / "databases.damaged").exists()
    assert aside == (not content.startswith(b"weir databases 1\n"))
    assert not aside or '"d"' in shown
    assert "databases" in weir.log()


@pytest.mark.parametrize("content", [b"", b"garbage", b"\0" * 70000], ids=["empty", "text", "zeros"])
def test_damaged_cursors_repeat_and_lose_nothing(make_weir, server, content):
    weir = make(make_weir, server)
    fill(weir, 5)
    weir.kill()
    (weir.directory / "weir-data" / "cursors" / "influx.cursor").write_bytes(content)
    weir.start()
    assert deliver(weir, server) == 500
    assert "influx.cursor.damaged" in weir.log()
