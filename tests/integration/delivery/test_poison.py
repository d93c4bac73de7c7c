# SPDX-License-Identifier: Apache-2.0
"""Lines that a server does not take, or fails on: they stand aside, and everything else arrives."""

import time

import pytest

from harness.fake_influxdb2 import FakeInfluxdb2
from harness.letters import letters, refused_lines
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import influx_sink, remote_write_sink, settings

T = 1_600_000_000_000_000_000
SECOND = 10**9


@pytest.fixture
def scripted():
    with Scripted() as server:
        yield server


@pytest.fixture
def fake():
    server = FakeInfluxdb2()
    yield server
    server.stop()


def metric(weir, name, sink="influx", **labels):
    return weir.metrics().sum(f"weir_sink_{name}", sink=sink, **labels)


def wait_settled(weir, delivered, discarded, seconds=30):
    wait_until(
        lambda: (
            metric(weir, "delivered_points_total") == delivered
            and metric(weir, "discarded_points_total") == discarded
        ),
        seconds=seconds,
        what=f"{delivered} delivered and {discarded} discarded",
        alive=weir.must_be_alive,
    )
    assert metric(weir, "pending_points") == 0


def told(weir, words):
    return [line for line in weir.log().splitlines() if words in line]


# --- a real InfluxDB


def test_a_type_conflict_in_the_midst_costs_its_lines_alone(influxd, start_weir):
    influxd.create_database("db")
    # Unknown to weir: the type that the server has.
    assert influxd.client.write(f'clash f="text" {T}\n', "db").status == 204
    weir = start_weir(settings(influx_sink(influxd.url)))
    bad = {7, 50, 99}
    body = "".join(
        f"clash f={n}i {T + n}\n" if n in bad else f"m v={n}i {T + n}\n" for n in range(100)
    )
    assert weir.client.write(body, "db").status == 204
    wait_settled(weir, 97, 3)
    assert influxd.count("db", "m", "v") == 97
    assert refused_lines(weir) == [f"clash f={n}i {T + n}" for n in sorted(bad)]
    assert metric(weir, "discarded_points_total", reason="partial") == 3
    assert metric(weir, "bisection_requests_total") == 1, "the proof that nothing else is missing"
    assert "field type conflict" in letters(weir, "list", "--sink", "influx")


def test_points_beyond_retention_and_a_conflict_in_one_batch(influxd, start_weir):
    influxd.create_database("db")
    influxd.query('CREATE RETENTION POLICY "hour" ON "db" DURATION 1h REPLICATION 1 DEFAULT')
    now = time.time_ns()
    assert influxd.client.write(f'clash f="text" {now}\n', "db").status == 204
    weir = start_weir(settings(influx_sink(influxd.url)))
    old = [f"m v={n}i {T + n}" for n in range(5)]
    clash = [f"clash f={n}i {now + n}" for n in range(4)]
    good = [f"m v={n}i {now + n}" for n in range(20)]
    lines = [each for three in zip(good, old + good[:15], clash * 5) for each in three]
    lines = list(dict.fromkeys(lines))
    assert weir.client.write("\n".join(lines), "db").status == 204
    wait_settled(weir, 20, 9)
    assert influxd.count("db", "m", "v") == 20
    assert sorted(refused_lines(weir)) == sorted(old + clash)


def test_lines_that_weir_passes_and_the_server_does_not_parse(influxd, start_weir):
    influxd.create_database("db")
    weir = start_weir(settings(influx_sink(influxd.url), databases={"db": {"unsigned": "pass"}}))
    body = f"m v=1i {T}\nu w=2u {T}\nm v=3i {T + 1}\n"
    assert weir.client.write(body, "db").status == 204
    wait_settled(weir, 2, 1)
    assert influxd.count("db", "m", "v") == 2
    assert refused_lines(weir) == [f"u w=2u {T}"]
    # A batch of nothing but such lines is refused whole.
    assert weir.client.write(f"u w=3u {T}\nu w=4u {T + 1}\n", "db").status == 204
    wait_settled(weir, 2, 3)
    assert len(refused_lines(weir)) == 3


def test_a_database_dropped_under_way_holds_and_loses_nothing(influxd, start_weir):
    influxd.create_database("db")
    weir = start_weir(settings(influx_sink(influxd.url)))
    assert weir.client.write(f"m v=1i {T}\n", "db").status == 204
    weir.wait_delivered(1)
    influxd.query('DROP DATABASE "db"')
    assert weir.client.write(f"m v=2i {T + 1}\n", "db").status == 204
    wait_until(lambda: metric(weir, "held_lanes") == 1, what="held")
    influxd.create_database("db")
    weir.wait_delivered(2)
    assert influxd.count("db", "m", "v") == 1
    assert metric(weir, "discarded_points_total") == 0


@pytest.mark.parametrize("kind", ["influxdb", "remote_write"])
def test_refused_points_wait_until_they_can_be_kept(scripted, start_weir, kind):
    scripted.answer = lambda path, params, lines: (400, {}, b'{"error":"never"}')
    sink = influx_sink(scripted.url) if kind == "influxdb" else remote_write_sink(
        scripted.url + "/api/v1/write", name="influx"
    )
    weir = start_weir(settings(sink))
    kept = weir.directory / "weir-data/refused/influx.lp"
    kept.mkdir(parents=True)  # so that nothing can be written there
    assert weir.client.write(f"m v=1 {time.time_ns()}\n", "db").status == 204
    wait_until(lambda: metric(weir, "held_lanes") == 1, what="held", alive=weir.must_be_alive)
    time.sleep(1)
    assert metric(weir, "discarded_points_total") == 0
    assert metric(weir, "pending_points") == 1
    assert len(told(weir, "what the server refused cannot be kept")) == 1
    assert len([path for path, *_ in scripted.seen if path != "/query"]) == 1, "the server is not asked again"
    kept.rmdir()
    wait_until(lambda: metric(weir, "discarded_points_total") == 1, what="kept")
    assert len(refused_lines(weir)) == 1
    # At the end nobody waits for it.
    kept.unlink()
    kept.mkdir()
    assert weir.client.write(f"m v=2 {time.time_ns()}\n", "db").status == 204
    wait_until(lambda: metric(weir, "held_lanes") == 1, what="held again")
    before = time.monotonic()
    assert weir.stop(30) == 0
    assert time.monotonic() - before < 8


# --- InfluxDB 2 and 3, scripted


def test_an_influxdb_2_names_bad_lines_and_the_rest_goes_at_once(fake, start_weir):
    def decide(path, headers, lines):
        bad = [line for line in lines if "bad" in line]
        words = "\n".join(f"unable to parse '{line}': no such thing" for line in bad)
        return (400, "invalid", words, {}) if bad else None

    fake.decide = decide
    weir = start_weir(settings(influx_sink(fake.url, version=2, org="o", token="t")))
    lines = [f"{'bad' if n % 40 == 3 else 'm'} v={n}i {T + n}" for n in range(200)]
    assert weir.client.write("\n".join(lines), "db").status == 204
    wait_settled(weir, 195, 5)
    assert fake.stored() == [line for line in lines if not line.startswith("bad")]
    assert fake.statuses() == [400, 204]
    assert len(refused_lines(weir)) == 5
    # One of them is mended there; the others are named again.
    fake.decide = lambda path, headers, lines: decide(
        path, headers, [line for line in lines if "v=3i" not in line]
    )
    said = letters(weir, "replay", "--sink", "influx", status=1)
    assert "1 lines taken by the server, 4 refused again" in said
    assert fake.stored()[-1] == f"bad v=3i {T + 3}"
    fake.decide = None
    assert "5 lines taken by the server, 0 refused" in letters(weir, "replay", "--sink", "influx")


def test_an_influxdb_2_that_stores_in_part(fake, start_weir):
    def decide(path, headers, lines):
        bad = [line for line in lines if line.startswith("clash")]
        words = (
            'failure writing points to database: partial write: field type conflict: input field "v"'
            ' on measurement "clash" is type integer, already exists as type string '
            f"dropped={len(bad)}"
        )
        return (422, "unprocessable entity", words, {}) if bad else None

    fake.decide = decide
    weir = start_weir(settings(influx_sink(fake.url, version=2, org="o", token="t")))
    lines = [f"{'clash' if n % 10 == 0 else 'm'} v={n}i {T + n}" for n in range(50)]
    assert weir.client.write("\n".join(lines), "db").status == 204
    wait_settled(weir, 45, 5)
    assert refused_lines(weir) == [line for line in lines if line.startswith("clash")]


# --- a server that fails on a batch


def test_a_line_on_which_the_server_fails_stands_aside_while_neighbours_pass(scripted, start_weir):
    def answer(path, params, lines):
        return (500, {}, b'{"error":"panic"}') if any("poison" in line for line in lines) else None

    scripted.answer = answer
    weir = start_weir(settings(influx_sink(scripted.url)))
    body = "".join(f"{'poison' if n == 33 else 'm'} v={n}i {T + n}\n" for n in range(100))
    assert weir.client.write(body, "db").status == 204
    number = 0
    deadline = time.monotonic() + 30
    while metric(weir, "discarded_points_total") < 1 and time.monotonic() < deadline:
        number += 1
        assert weir.client.write(f"m v=1i {T + number}\n", "neighbour").status == 204
        time.sleep(0.05)
    wait_settled(weir, 99 + number, 1)
    assert refused_lines(weir) == [f"poison v=33i {T + 33}"]
    stored = dict.fromkeys(scripted.stored["db"])
    assert len(stored) == 99
    assert scripted.stored["db"][-99:] == [line for line in body.splitlines() if "poison" not in line]


def test_an_outage_with_500_costs_nothing(scripted, start_weir):
    scripted.answer = lambda *_: (500, {}, b'{"error":"no"}')
    weir = start_weir(settings(influx_sink(scripted.url)))
    for n in range(60):
        assert weir.client.write(f"m v={n}i {T + n}\nm v={n}i {T + n + 1}\n", f"d{n % 6}").status == 204
    wait_until(lambda: len(scripted.statuses()) > 40, what="many tries")
    scripted.answer = lambda *_: None
    wait_settled(weir, 120, 0)


def test_a_server_that_answers_413_to_everything_is_asked_seldom(scripted, start_weir):
    scripted.answer = lambda *_: (413, {}, b'{"error":"Request Entity Too Large"}')
    weir = start_weir(
        settings(influx_sink(scripted.url, retry_least="200ms", retry_most="30s"))
    )
    body = "".join(f"m v={n}i {T + n}\n" for n in range(500))
    assert weir.client.write(body, "db").status == 204
    wait_until(lambda: metric(weir, "discarded_points_total", reason="too_large") >= 2, what="two")
    before = len(scripted.statuses())
    time.sleep(3)
    assert len(scripted.statuses()) - before <= 12
    assert metric(weir, "discarded_points_total") < 20
    scripted.answer = lambda *_: None
    wait_until(lambda: metric(weir, "pending_points") == 0, seconds=60, what="the rest")


def test_five_thousand_held_databases_ask_a_few_times_a_second(scripted, start_weir):
    def answer(path, params, lines):
        return None if params["db"] == "good" else (404, {}, b'{"error":"database not found: x"}')

    scripted.answer = answer
    weir = start_weir(settings(influx_sink(scripted.url)))
    connection = weir.client.connect()
    for n in range(5000):
        assert weir.client.write(f"m v=1i {T}\n", f"d{n}", keep=connection).status == 204
    wait_until(lambda: metric(weir, "held_lanes") == 5000, seconds=60, what="all held")
    before = len(scripted.statuses())
    time.sleep(4)
    assert len(scripted.statuses()) - before <= 4 * 6
    assert weir.client.write(f"m v=1i {T}\n", "good", keep=connection).status == 204
    wait_until(
        lambda: metric(weir, "delivered_points_total") == 1,
        seconds=3,
        what="a good one waits for none of them",
    )


# --- several addresses


def test_points_go_to_the_first_address_that_answers(start_influxd, start_weir):
    first, second = start_influxd(), start_influxd()
    for server in (first, second):
        server.create_database("db")
    sink = influx_sink(first.url)
    del sink["url"]
    weir = start_weir(settings({**sink, "urls": [first.url, second.url], "addresses": "failover"}))
    assert weir.client.write(f"m v=1i {T}\n", "db").status == 204
    weir.wait_delivered(1)
    assert (first.count("db", "m", "v"), second.count("db", "m", "v")) == (1, 0)
    first.kill()
    for n in range(2, 6):
        assert weir.client.write(f"m v={n}i {T + n}\n", "db").status == 204
    weir.wait_delivered(5)
    assert second.count("db", "m", "v") == 4
    assert told(weir, f"{first.url} does not take points"), weir.log()
    first.start()
    written = 5

    def goes_back():
        nonlocal written
        written += 1
        assert weir.client.write(f"m v={written}i {T + written}\n", "db").status == 204
        return metric(weir, "address_in_use", address=first.url) == 1

    wait_until(goes_back, seconds=60, what="back to the first")
    weir.wait_delivered(written)
    assert first.count("db", "m", "v") + second.count("db", "m", "v") == written
    assert told(weir, f"{first.url} answers again")


def test_an_address_that_says_no_is_no_reason_to_change(influxd, scripted, start_weir):
    influxd.create_database("db")
    scripted.answer = lambda *_: (401, {}, b'{"error":"authorization failed"}')
    sink = influx_sink(scripted.url, urls=[scripted.url, influxd.url])
    weir = start_weir(settings(sink))
    assert weir.client.write(f"m v=1i {T}\n", "db").status == 204
    wait_until(lambda: len(scripted.statuses()) >= 6, what="six tries")
    assert influxd.count("db", "m", "v") == 0
    assert metric(weir, "pending_points") == 1
