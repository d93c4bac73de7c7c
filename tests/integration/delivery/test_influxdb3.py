# SPDX-License-Identifier: Apache-2.0
"""A sink with version = 3. InfluxDB 3 itself cannot be had here; the scripted server answers as it does."""

import pytest

from harness.fake_influxdb3 import FakeInfluxdb3
from harness.letters import letters, refused_lines, refused_text
from harness.load import Numbered
from harness.process import wait_until
from harness.settings import influx_sink, settings

T = 1_600_000_000_000_000_000
TOKEN = "apiv3_secret"


@pytest.fixture
def fake():
    server = FakeInfluxdb3()
    yield server
    server.stop()


def sink_3(url, **keys):
    return influx_sink(url, **{"version": 3, "token": TOKEN, **keys})


def metric(weir, name, **labels):
    return weir.metrics().sum(f"weir_sink_{name}", sink="influx", **labels)


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


def numbered(table, numbers, field="v={}i"):
    return [f"{table} {field.format(n)} {T + n}" for n in numbers]


def write(weir, lines, db="db", **params):
    answer = weir.client.write("\n".join(lines), db, **params)
    assert answer.status == 204, answer.text()


def test_databases_are_made_by_writing_and_named_after_their_policies(fake, start_weir):
    weir = start_weir(settings(sink_3(fake.url)))
    for policy, database in ((None, "db"), ("autogen", "db"), ("week", "db/week")):
        write(weir, numbered("m", range(3)), **({"rp": policy} if policy else {}))
        wait_until(lambda: fake.stored(database), what=database)
    weir.wait_delivered(9)
    assert set(fake.columns) == {"db", "db/week"}
    params, headers, *_ = fake.requests[0]
    assert params == {"db": "db", "precision": "nanosecond", "accept_partial": "true"}
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["content-encoding"] == "gzip"


@pytest.mark.parametrize("quoted_bytes", [20, 10_000])
def test_lines_that_it_lists_go_to_the_letters_with_its_words(start_weir, quoted_bytes):
    fake = FakeInfluxdb3(quoted_bytes=quoted_bytes)
    try:
        weir = start_weir(settings(sink_3(fake.url), databases={"*": {"types": "off"}}))
        first = numbered("m", [0]) + numbered("n", [0])
        write(weir, first)
        weir.wait_delivered(2)
        # Of another type than the column has, and called as a tag of other lines.
        lines = numbered("m", range(1, 100))
        lines[30] = f'm v="text" {T + 31}'
        lines[60] = f"n,v=tag w=1i {T + 61}"
        write(weir, lines)
        wait_settled(weir, 99, 2)
        assert fake.statuses() == [204, 400], "nothing is sent twice"
        assert fake.stored("db") == first + [
            line for n, line in enumerate(lines) if n not in (30, 60)
        ]
        assert metric(weir, "discarded_points_total", reason="partial") == 2
        assert sorted(refused_lines(weir)) == sorted([lines[30], lines[60]])
        refused = refused_text(weir)
        assert "expected iox::column_type::field::integer, got iox::column_type::field::string" in refused
        assert "got iox::column_type::tag" in refused
        # Once the columns there are others, they are taken.
        said = letters(weir, "replay", "--sink", "influx", status=1)
        assert "0 lines taken by the server, 2 refused again" in said
        fake.columns.clear()
        said = letters(weir, "replay", "--sink", "influx")
        assert "2 lines taken by the server, 0 refused" in said
        assert set(fake.stored("db")[-2:]) == {lines[30], lines[60]}
    finally:
        fake.stop()


def test_more_lines_than_a_usual_answer_holds_are_all_named(fake, start_weir):
    weir = start_weir(settings(sink_3(fake.url), databases={"*": {"types": "off"}}))
    write(weir, numbered("m", [0]))
    weir.wait_delivered(1)
    write(weir, numbered("m", range(1, 4001), 'v="{}"') + numbered("m", range(5000, 5100)))
    wait_settled(weir, 101, 4000)
    assert len(refused_lines(weir)) == 4000
    assert fake.statuses() == [204, 400]


def test_a_tag_and_a_field_of_one_name_are_kept_apart(fake, start_weir):
    weir = start_weir(settings(sink_3(fake.url), databases={"told": {"tag_and_field": "reject"}}))
    write(weir, [f"m,host=a host=1i,v=2i {T}"])
    weir.wait_delivered(1)
    assert fake.stored("db") == [f"m,host=a host_field=1i,v=2i {T}"]
    assert set(fake.statuses()) == {204}
    mended = weir.metrics().sum("weir_lines_mended_total", database="db", reason="field_renamed")
    assert mended == 1
    answer = weir.client.write(f"m,host=a host=1i {T}", "told")
    assert answer.status == 400 and "both a tag and a field" in answer.text()


def test_a_wrong_token_holds_all_and_loses_nothing(fake, start_weir):
    fake.token = "another"
    weir = start_weir(settings(sink_3(fake.url)))
    write(weir, numbered("m", range(10)))
    wait_until(lambda: metric(weir, "held_lanes") == 1, what="held")
    assert "check the sink's token" in weir.log()
    fake.token = TOKEN
    weir.wait_delivered(10)
    fake.say(403, {"error": "requestor is forbidden from requested resource"})
    write(weir, numbered("m", range(10, 20)))
    weir.wait_delivered(20)
    assert fake.stored("db") == numbered("m", range(20))


def test_a_name_that_it_does_not_take_holds_up_that_database_alone(fake, start_weir):
    weir = start_weir(settings(sink_3(fake.url)))
    write(weir, numbered("m", range(5)), db="my.db")
    wait_until(lambda: metric(weir, "held_lanes") == 1, what="held")
    write(weir, numbered("m", range(5)), db="other")
    wait_until(lambda: len(fake.stored("other")) == 5, what="the other database")
    assert "key: bucket" in weir.log()
    weir.stop()
    weir.configure(settings(sink_3(fake.url, bucket="all")))
    weir.start()
    wait_until(lambda: len(fake.stored("all")) == 5, what="the points that were held")


def test_no_room_for_a_database_holds_up_that_one_alone(fake, start_weir):
    fake.databases_max = 1
    weir = start_weir(settings(sink_3(fake.url)))
    write(weir, numbered("m", range(5)), db="one")
    weir.wait_delivered(5)
    write(weir, numbered("m", range(5)), db="two")
    wait_until(lambda: metric(weir, "held_lanes") == 1, what="held")
    assert "Adding a new database would exceed limit of 1 databases; drop a database there" in weir.log()
    write(weir, numbered("m", range(5, 9)), db="one")
    wait_until(lambda: len(fake.stored("one")) == 9, what="the other database")
    fake.databases_max = 2
    wait_until(lambda: len(fake.stored("two")) == 5, what="the points that were held")
    assert metric(weir, "discarded_points_total") == 0


def test_too_large_and_busy_and_failing_lose_nothing(fake, start_weir):
    fake.body_bytes_max = 1500
    weir = start_weir(settings(sink_3(fake.url)))
    lines = numbered("m", range(200))
    write(weir, lines)
    weir.wait_delivered(200)
    assert fake.stored("db") == lines and 413 in fake.statuses()
    for status, body in ((429, "this service is overloaded, please try again later"), (500, "x"), (503, "")):
        fake.say(status, body)
        write(weir, numbered(f"after{status}", [1]))
    weir.wait_delivered(203)
    assert metric(weir, "discarded_points_total") == 0


def test_nothing_acknowledged_is_lost_over_outages_and_kills(start_weir):
    fake = FakeInfluxdb3()
    away = []

    def decide(params, lines):
        return (503, "away") if away else None

    fake.decide = decide
    try:
        weir = start_weir(settings(sink_3(fake.url)))
        with Numbered(lambda: weir.client.address, threads=4, lines=20, pace=0.005) as load:
            for _ in range(3):
                before = load.acknowledged_count()
                away.append(True)
                wait_until(lambda: load.acknowledged_count() > before + 300, what="load")
                weir.restart(kill=True)
                away.clear()
                wait_until(lambda: load.acknowledged_count() > before + 600, what="load")
        wait_until(lambda: not load.missing_from_lines(fake.stored("load")), what="the lines")
    finally:
        fake.stop()
