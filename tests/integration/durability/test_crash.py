# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again: whatever was answered 204 is in InfluxDB in the end.

WEIR_CRASH_ROUNDS sets how often (3), WEIR_CRASH_SEED when; both are printed.
"""

import os
import random
import threading
import time

import pytest

from harness.load import Numbered
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, settings

ROUNDS = int(os.environ.get("WEIR_CRASH_ROUNDS", "3"))
SEED = int(os.environ.get("WEIR_CRASH_SEED", "20200913"))


def pass_time(seconds):
    """Time is the subject here: the kill comes at a moment, not on a condition."""
    threading.Event().wait(seconds)


def crash_and_restart(weir, load, random_, kills):
    for _ in range(kills):
        before = load.acknowledged_count()
        wait_until(lambda: load.acknowledged_count() > before, what="lines acknowledged")
        pass_time(random_.uniform(0.0, 0.6))
        weir.kill()
        weir.start()


def everything_arrived(weir, load, influxd):
    deadline = time.monotonic() + 60
    while missing := load.missing_from(influxd):
        weir.must_be_alive()
        assert time.monotonic() < deadline, f"{len(missing)} lost, such as {sorted(missing)[:5]}"
    load.nothing_else_in(influxd)


@pytest.mark.parametrize("segment", ["1MiB", "64MiB"])
def test_nothing_acknowledged_is_lost_by_kill_9(influxd, make_weir, segment):
    influxd.create_database("load")
    random_ = random.Random(SEED)
    weir = make_weir(
        settings(influx_sink(influxd.url), log={"acknowledge": "written", "segment": segment})
    ).start()
    load = Numbered(lambda: weir.client.address, threads=4, lines=40)
    with load:
        crash_and_restart(weir, load, random_, ROUNDS)
    everything_arrived(weir, load, influxd)
    print(f"{ROUNDS} kills, seed {SEED}: {load.acknowledged_count()} lines, {load.answers}")
    assert load.answers[204] > ROUNDS
    assert 400 not in load.answers, load.bodies
    # After the crashes an orderly end is possible, and leaves nothing to be done.
    assert weir.stop() == 0
    assert "damaged" not in weir.log()


def test_a_crash_while_influxdb_is_away(influxd, start_weir):
    """The lines rest in the log alone over several crashes, then go out."""
    influxd.create_database("load")
    weir = start_weir(settings(influx_sink(influxd.url), log={"segment": "1MiB"}))
    influxd.kill()
    load = Numbered(lambda: weir.client.address, threads=2, lines=40)
    with load:
        crash_and_restart(weir, load, random.Random(SEED), 2)
    influxd.start()
    everything_arrived(weir, load, influxd)


def test_a_torn_end_of_the_log_is_cut_off(influxd, start_weir):
    """As if the machine had stopped in the middle of a write."""
    influxd.create_database("load")
    weir = start_weir(settings(influx_sink(influxd.url)))
    influxd.kill()  # so that all stays in the log
    load = Numbered(lambda: weir.client.address, threads=1, lines=40)
    with load:
        wait_until(lambda: load.acknowledged_count() > 2000, what="lines in the log")
    weir.kill()
    newest = max((weir.directory / "weir-data" / "segments").glob("*.log"))
    content = newest.read_bytes().rstrip(b"\0")
    newest.write_bytes(content[:-7])
    weir.start()
    assert weir.metrics().sum("weir_log_torn_bytes_total") > 0
    influxd.start()
    wait_until(lambda: len(load.missing_from(influxd)) <= load.lines, 60, "all but the torn record")
    load.nothing_else_in(influxd)
    assert weir.client.write("load,writer=0 value=1i 1600000000000000001", "load").status == 204


def test_a_torn_line_of_a_file_sink_spoils_no_other(start_weir):
    """What a process that was killed while it wrote may leave at the end of the file."""
    weir = start_weir(settings(file_sink()))
    assert weir.client.write("cpu value=1i 1", "mydb").status == 204
    weir.wait_delivered(1, sink="lines")
    weir.kill()
    with open(weir.directory / "lines" / "mydb.lp", "a") as lines:
        lines.write("cpu value=2i 16")
    weir.start()
    assert weir.client.write("cpu value=3i 3", "mydb").status == 204
    weir.wait_delivered(2, sink="lines")
    found = weir.lines_of("mydb")
    assert found[0] == "cpu value=1i 1" and found[-1] == "cpu value=3i 3", found


def test_a_database_that_was_created_is_there_after_kill_9(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    influxd.kill()
    for number in range(20):
        answer = weir.client.request("POST", "/query", {"q": f"CREATE DATABASE db{number}"})
        assert "error" not in answer.json()["results"][0]
        assert weir.client.write(f"cpu value={number}i 1", f"db{number}").status == 204
        weir.restart(kill=True)
    influxd.start()
    wait_until(lambda: len(influxd.databases()) == 20, what="all databases upstream")
    for number in range(20):
        wait_until(lambda: influxd.count(f"db{number}", "cpu") == 1, what="its point")
