# SPDX-License-Identifier: Apache-2.0
"""`acknowledge = "synced"`: no answer before the disk has it, and one sync for all that wait.

The disk is a preloaded fdatasync that takes its time, so that the figures mean the same anywhere.
"""

import os
import threading
import time

import pytest

from harness.load import Numbered
from harness.process import wait_until
from harness.settings import file_sink, settings

T = 1_600_000_000_000_000_000


def line(number):
    return f"cpu value={number}i {T + number}"


@pytest.fixture
def synced_weir(make_weir, tmp_path):
    """synced_weir(ms) gives a running weir whose disk needs so long for a sync."""

    def start(ms):
        library = os.environ.get("WEIR_SLOW_SYNC")
        assert library, "WEIR_SLOW_SYNC is not set; run the tests with ./dev test"
        weir = make_weir(settings(file_sink(), log={"acknowledge": "synced"}))
        weir.environment = {
            "LD_PRELOAD": library,
            "WEIR_TEST_SYNC_MS": str(ms),
            "WEIR_TEST_SYNC_FAILS": str(tmp_path / "fails"),
        }
        return weir.start()

    return start


def test_an_answer_waits_for_the_disk_and_so_does_delivery(synced_weir):
    weir = synced_weir(400)
    began = time.monotonic()
    answers = []
    writer = threading.Thread(target=lambda: answers.append(weir.client.write(line(1), "mydb")))
    writer.start()
    while time.monotonic() - began < 0.3:
        assert not answers
        assert weir.lines_of("mydb") == []
        time.sleep(0.02)
    writer.join(10)
    assert answers[0].status == 204
    assert time.monotonic() - began >= 0.4
    wait_until(lambda: weir.lines_of("mydb") == [line(1)], what="the line")
    assert weir.metrics().sum("weir_log_syncs_total") == 1


def test_one_sync_serves_all_that_wait(synced_weir):
    sync_seconds = 0.05
    weir = synced_weir(int(sync_seconds * 1000))
    with Numbered(lambda: weir.client.address, threads=64, lines=1, pace=0) as load:
        began = time.monotonic()
        wait_until(lambda: load.acknowledged_count() > 1500, seconds=60, what="acknowledged lines")
        seconds = time.monotonic() - began
        requests = load.acknowledged_count()
    syncs = weir.metrics().sum("weir_log_syncs_total")
    assert set(load.answers) == {204}, load.answers
    # One at a time, a disk of this speed serves 20 requests a second.
    assert requests / seconds > 10 / sync_seconds
    assert load.acknowledged_count() > 10 * syncs
    assert weir.stop() == 0
    assert load.missing_from_lines(weir.lines_of("load")) == set()


def test_nothing_acknowledged_is_lost_when_weir_is_killed(synced_weir):
    weir = synced_weir(5)
    with Numbered(lambda: weir.client.address, threads=8, lines=10, pace=0) as load:
        for _ in range(3):
            before = load.acknowledged_count()
            wait_until(lambda: load.acknowledged_count() > before + 200, what="load")
            weir.restart(kill=True)
    wait_until(lambda: not load.missing_from_lines(weir.lines_of("load")), what="the lines")


def test_who_asks_for_no_sync_is_answered_before_the_disk_has_it(synced_weir, tmp_path):
    weir = synced_weir(400)

    def write(number, **params):
        began = time.monotonic()
        body = line(number).encode()
        answer = weir.client.request("POST", "/api/v3/write_lp", {"db": "mydb", **params}, body)
        assert answer.status == 204
        return time.monotonic() - began

    assert write(1, no_sync="false") >= 0.4  # a field's type is kept before its first line
    assert write(2, no_sync="true") < 0.3
    assert line(2) not in weir.lines_of("mydb"), "delivery waits for the disk all the same"
    wait_until(lambda: weir.lines_of("mydb") == [line(1), line(2)], what="the line")
    assert weir.metrics().sum("weir_lines_accepted_total", database="mydb") == 2
    (tmp_path / "fails").touch()
    write(3, no_sync="true")
    lost = "weir_http_no_sync_lines_lost_total"
    wait_until(lambda: weir.metrics().sum(lost) == 1, what="the line that the disk refused")
    assert weir.metrics().sum("weir_lines_accepted_total", database="mydb") == 2


def test_a_disk_that_refuses_is_told_to_everybody_who_waits(synced_weir, tmp_path):
    weir = synced_weir(20)
    assert weir.client.write(line(1), "mydb").status == 204
    (tmp_path / "fails").touch()
    for number in range(2, 5):
        answer = weir.client.write(line(number), "mydb")
        assert answer.status == 503
        assert "the log cannot be written" in answer.json()["error"]
    assert weir.client.get("/health").status == 503
    assert weir.metrics().sum("weir_log_sync_failures_total") == 3
    (tmp_path / "fails").unlink()
    assert weir.client.write(line(5), "mydb").status == 204
    assert weir.client.get("/health").status == 200
    wait_until(lambda: weir.lines_of("mydb") == [line(1), line(5)], what="the lines")
    counted = weir.metrics()
    assert counted.sum("weir_lines_accepted_total") == 2
    assert counted.sum("weir_lines_received_total") == 2
    weir.restart(kill=True)
    assert weir.client.write(line(6), "mydb").status == 204
    wait_until(lambda: weir.lines_of("mydb")[-1] == line(6), what="the line after a restart")
