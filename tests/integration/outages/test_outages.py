# SPDX-License-Identifier: Apache-2.0
"""Outages of a real InfluxDB and of a real Prometheus under load: what the client saw, and what was lost (nothing). The
table in docs/operations.md, "What an outage costs", has a row for each of these tests.

WEIR_OUTAGE_SECONDS sets for how long each fault lasts (2).
"""

import pytest

from harness.outages import (
    SECONDS,
    InfluxdServer,
    PrometheusServer,
    all_arrives,
    full_disk,
    hanging,
    more_acknowledged,
    of_sink,
    pass_time,
)
from harness.process import wait_until
from harness.samples import settled
from harness.settings import settings


@pytest.fixture(params=["influxd", "prometheus"])
def server(request):
    process = request.getfixturevalue(request.param)
    if request.param == "influxd":
        return InfluxdServer.with_database(process)
    return PrometheusServer(process)


def nothing_was_refused(load, weir, server):
    """No client noticed, and each point was counted once."""
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, server)
    delivered = of_sink(weir, "delivered_points_total", server.sink)
    assert delivered == load.acknowledged_count(), delivered


def fails(weir, server):
    wait_until(
        lambda: of_sink(weir, "retries_total", server.sink) > 0, what="an attempt that failed"
    )


def test_it_is_killed_and_comes_back(server, start_weir):
    weir = start_weir(settings(server.settings()))
    with server.load_on(weir) as load:
        more_acknowledged(load)
        server.process.kill()
        pass_time(weir)
        server.process.start()
        more_acknowledged(load)
    nothing_was_refused(load, weir, server)


def test_it_hangs(server, start_weir):
    weir = start_weir(settings(server.settings()))
    with server.load_on(weir) as load:
        more_acknowledged(load)
        with hanging(server):
            fails(weir, server)
            pass_time(weir)
        more_acknowledged(load)
    nothing_was_refused(load, weir, server)


def test_its_disk_is_full(server, start_weir):
    """Each write fails with a 500: its write-ahead log cannot grow."""
    weir = start_weir(settings(server.settings()))
    with server.load_on(weir) as load:
        more_acknowledged(load)
        wait_until(
            lambda: of_sink(weir, "delivered_points_total", server.sink) > 0, what="a delivery"
        )
        with full_disk(server):
            fails(weir, server)
            pass_time(weir)
        more_acknowledged(load)
    nothing_was_refused(load, weir, server)


def test_weir_dies_while_it_is_down(server, start_weir):
    weir = start_weir(settings(server.settings()))
    with server.load_on(weir, repeats=True) as load:
        more_acknowledged(load)
        server.process.kill()
        pass_time(weir)
        for _ in range(3):
            weir.restart(kill=True)
            more_acknowledged(load)
        server.process.start()
        more_acknowledged(load)
    assert 204 in load.answers
    all_arrives(weir, load, server)


def test_one_of_two_is_dead(prometheus, influxd, start_weir):
    """The other one's points arrive as ever."""
    live, dead = PrometheusServer(prometheus), InfluxdServer.with_database(influxd)
    weir = start_weir(settings(live.settings(), dead.settings()))
    with live.load_on(weir) as load:
        more_acknowledged(load)
        dead.process.kill()
        for _ in range(5):
            pass_time(weir, SECONDS / 5)
            sent = load.acknowledged_count()
            wait_until(
                lambda sent=sent: of_sink(weir, "delivered_points_total", live.sink) >= sent,
                2,
                "the live server's points delivered",
            )
        assert of_sink(weir, "pending_points", dead.sink) > 0
        dead.process.start()
    assert set(load.answers) == {204}, load.answers
    all_arrives(weir, load, live)
    settled(weir, load.acknowledged_count(), dead.sink)
    assert load.missing_from(influxd) == []
