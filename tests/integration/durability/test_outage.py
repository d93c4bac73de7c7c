# SPDX-License-Identifier: Apache-2.0
"""InfluxDB goes away under load and comes back: nothing acknowledged is lost, memory is bounded.

WEIR_OUTAGE_SECONDS sets for how long (10).
"""

import os
import threading

from harness.load import Numbered
from harness.process import wait_until
from harness.settings import influx_sink, settings

SECONDS = float(os.environ.get("WEIR_OUTAGE_SECONDS", "10"))
MEMORY_MIB = 64
# What weir needs for itself beside limits.memory: code, threads, libcurl, the allocator's reserve.
BASE_MIB = 32  # 24 and the window of limits.duplicates


def configuration(influxd, memory=MEMORY_MIB):
    return settings(
        influx_sink(influxd.url, retry_most="1s"),
        limits={"memory": f"{memory}MiB"},
        log={"keep": "1GiB", "segment": "4MiB"},
    )


def pass_time(load, seconds, weir):
    """For so long under load; memory is looked at all the time."""
    waiting = threading.Event()
    for _ in range(int(seconds * 10)):
        waiting.wait(0.1)
        weir.must_be_alive()
        memory_is_bounded(weir)
    assert set(load.answers) == {204}, (load.answers, load.bodies)


def memory_is_bounded(weir, memory=MEMORY_MIB):
    peak = weir.peak_rss_bytes() >> 20
    assert weir.sanitized() or peak <= memory + BASE_MIB, f"{peak} MiB"


def catches_up(weir, load, influxd):
    wait_until(
        lambda: weir.metrics().sum("weir_sink_pending_points", sink="influx") == 0,
        60 + SECONDS,
        "the backlog delivered",
        weir.must_be_alive,
    )
    wait_until(lambda: not load.missing_from(influxd), 30, "every acknowledged line in InfluxDB")
    load.nothing_else_in(influxd)
    memory_is_bounded(weir)
    print(
        f"{load.acknowledged_count()} lines in {load.answers} answers, peak "
        f"{weir.peak_rss_bytes() >> 20} MiB"
    )


def test_an_outage_costs_nothing(influxd, start_weir):
    influxd.create_database("load")
    weir = start_weir(configuration(influxd))
    load = Numbered(lambda: weir.client.address, threads=4, lines=100, pace=0.02)
    with load:
        wait_until(lambda: load.acknowledged_count() > 1000, what="a beginning")
        influxd.kill()
        pass_time(load, SECONDS, weir)
        assert weir.metrics().sum("weir_sink_pending_points", sink="influx") > 1000
        assert weir.metrics().sum("weir_sink_retries_total", sink="influx") > 0
        influxd.start()
        pass_time(load, 1, weir)
    catches_up(weir, load, influxd)


def test_an_outage_with_a_restart_in_the_middle(influxd, start_weir):
    influxd.create_database("load")
    weir = start_weir(configuration(influxd))
    weir.sets.append("service.drain_timeout=1s")
    weir.restart()
    influxd.kill()
    before = Numbered(lambda: weir.client.address, threads=2, lines=100, pace=0.02)
    with before:
        pass_time(before, min(SECONDS / 4, 10), weir)
    weir.restart()
    weir.must_be_alive()
    assert before.acknowledged_count() > 0
    wait_until(
        lambda: weir.metrics().sum("weir_sink_pending_points", sink="influx")
        == before.acknowledged_count(),
        what="the backlog found again",
    )
    influxd.start()
    catches_up(weir, before, influxd)


def test_a_backlog_larger_than_memory(influxd, start_weir):
    """Incompressible lines, several times limits.memory: they are read back from disk."""
    influxd.create_database("big")
    memory = 24
    weir = start_weir(configuration(influxd, memory))
    influxd.kill()
    text = os.urandom(500_000).hex()
    requests, lines, size = 100, 10, 100_000
    for request in range(requests):
        body = "".join(
            f'big n={request * lines + line}i,text="{text[line * size:(line + 1) * size]}" '
            f"{1_600_000_000_000_000_000 + request * lines + line}\n"
            for line in range(lines)
        )
        answer = weir.client.write(body, "big")
        assert answer.status == 204, (request, answer.text())
        memory_is_bounded(weir, memory)
    assert weir.metrics().sum("weir_log_bytes") > 1.5 * (memory << 20), "not larger than memory"
    influxd.start()
    weir.wait_delivered(requests * lines, 60)
    memory_is_bounded(weir, memory)
    assert weir.metrics().sum("weir_log_disk_reads_total") > 0
    assert influxd.count("big", "big", "n") == requests * lines
    total = requests * lines
    assert influxd.rows("SELECT sum(n) FROM big", "big")[0]["sum"] == total * (total - 1) // 2
