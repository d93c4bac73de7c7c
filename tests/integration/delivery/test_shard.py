# SPDX-License-Identifier: Apache-2.0
"""Addresses that share the series of a sink: each series at one of them, also while the list changes."""

import contextlib

import pytest

from harness.process import wait_until
from harness.recorder import Recorder
from harness.settings import influx_sink, settings

T = 1_600_000_000_000_000_000
SERIES = 400


@pytest.fixture
def recorders():
    with contextlib.ExitStack() as stack:
        servers = [Recorder(["db"]) for _ in range(4)]
        for each in servers:
            stack.callback(each.stop)
        yield servers


def configuration(servers, **keys):
    sink = influx_sink(servers[0].url, addresses="shard", urls=[each.url for each in servers], **keys)
    del sink["url"]
    return settings(sink, log={"segment": "1MiB", "keep": "64MiB"})


def sink_of(server):
    return "influx@" + server.url.removeprefix("http://")


def reload(weir, text):
    weir.configure(text)
    answer = weir.client.request("POST", "/-/reload", body=b"")
    assert answer.status == 200, answer.text()


def write(weir, round_):
    lines = [f"cpu,host=h{i},rack=r{i % 7} v={round_}i {T + round_}\n" for i in range(SERIES)]
    assert weir.client.write("".join(lines), "db").status == 204


def pending(weir):
    return weir.metrics().sum("weir_sink_pending_points")


def wait_delivered(weir):
    wait_until(lambda: pending(weir) == 0, 20, "nothing is pending", weir.must_be_alive)


def owners(servers, round_):
    """Series: the servers that have its point of that round."""
    found = {}
    for number, server in enumerate(servers):
        for line in set(server.of("db")):
            series, field, _ = line.split()
            if field == f"v={round_}i":
                found.setdefault(series, []).append(number)
    return found


def assert_each_at_one(servers, rounds):
    for round_ in rounds:
        found = owners(servers, round_)
        assert len(found) == SERIES, f"round {round_}: {SERIES - len(found)} points are lost"
        assert all(len(at) == 1 for at in found.values()), f"round {round_}: some are twice"


@pytest.mark.parametrize("how", ["reload", "restart", "kill"])
def test_one_address_more_moves_its_part_of_the_series(recorders, start_weir, how):
    weir = start_weir(configuration(recorders[:3]))
    write(weir, 0)
    wait_delivered(weir)
    recorders[1].down = True  # owes what was received before the change
    write(weir, 1)
    if how == "reload":
        reload(weir, configuration(recorders))
    else:
        weir.configure(configuration(recorders))
        weir.restart(kill=how == "kill")
    write(weir, 2)
    wait_until(lambda: len(owners(recorders, 2)) > SERIES / 2, 20, "the others do not wait")
    recorders[1].down = False
    wait_delivered(weir)
    assert_each_at_one(recorders, range(3))
    before, between, after = (owners(recorders, n) for n in range(3))
    assert before == between, "what was received before the change goes where it went"
    moved = [series for series in before if before[series] != after[series]]
    assert 0.15 * SERIES < len(moved) < 0.35 * SERIES
    assert all(after[series] == [3] for series in moved)
    metrics = weir.metrics()
    assert metrics.sum("weir_sink_delivered_points_total") >= 3 * SERIES
    assert metrics.sum("weir_sink_discarded_points_total", reason="lost") == 0


@pytest.mark.parametrize("how", ["reload", "restart"])
def test_an_address_that_is_taken_out_delivers_what_it_owes(recorders, start_weir, how):
    weir = start_weir(configuration(recorders[:3]))
    recorders[2].down = True
    write(weir, 0)
    if how == "reload":
        reload(weir, configuration(recorders[:2]))
    else:
        weir.configure(configuration(recorders[:2]))
        weir.restart()
    write(weir, 1)
    wait_until(
        lambda: len(owners(recorders[:2], 1)) == SERIES, 20, "new points go to those that are left"
    )
    gone = sink_of(recorders[2])
    assert weir.metrics().sum("weir_sink_pending_points", sink=gone) > 0
    recorders[2].down = False
    wait_until(lambda: gone not in weir.client.get("/metrics").text(), 20, "it ends")
    wait_delivered(weir)
    assert_each_at_one(recorders, range(2))
    assert f'sink "{gone}" is gone from the configuration and had delivered everything' in weir.log()
    weir.restart()
    assert gone not in weir.client.get("/metrics").text()


def test_an_address_that_is_forgotten_says_what_it_owed(recorders, start_weir):
    weir = start_weir(configuration(recorders[:2]))
    recorders[1].down = True
    write(weir, 0)
    gone = sink_of(recorders[1])

    def it_waits():
        return weir.metrics().sum("weir_sink_pending_points", sink=gone) == SERIES

    wait_until(it_waits, 20, "it is seen")
    reload(weir, configuration(recorders[:1]))
    wait_until(it_waits, 20, "it is pending still")
    reload(weir, configuration(recorders[:1], removed_addresses="forget"))
    told = f'sink "{gone}" is gone from the configuration and still owed {SERIES} points'
    wait_until(lambda: told in weir.log(), 20, "what it owed is told")
    assert gone not in weir.client.get("/metrics").text()
    write(weir, 1)
    # Right after a write nothing may be pending because nothing of it was seen yet.
    wait_until(lambda: len(owners(recorders[:1], 1)) == SERIES, 20, "all series of the second round")


def test_addresses_that_change_under_load_lose_nothing(recorders, start_weir):
    weir = start_weir(configuration(recorders[:3]))
    lists = [[0, 1, 2, 3], [0, 3], [1, 2, 3], [0, 1, 2]]
    for round_ in range(24):
        write(weir, round_)
        if round_ % 3 == 2:
            chosen = [recorders[i] for i in lists[round_ // 3 % len(lists)]]
            recorders[round_ % 4].down = round_ % 2 == 0
            if round_ % 12 == 11:
                weir.configure(configuration(chosen))
                weir.restart(kill=True)
            else:
                reload(weir, configuration(chosen))
    for each in recorders:
        each.down = False
    wait_delivered(weir)
    assert_each_at_one(recorders, range(24))
