# SPDX-License-Identifier: Apache-2.0
"""The mistakes that people make, one test each: what an InfluxDB alone does with them, and what it
does with weir in front of it. The database `alone` is written to directly, `through` by weir."""

import time

import pytest

from harness.letters import letters, listed, wait_kept
from harness.process import wait_until
from harness.settings import influx_sink, remote_write_sink, settings

T = 1_600_000_000_000_000_000
SECOND = 10**9
HOUR = 3600 * SECOND
WEEK = 7 * 24 * HOUR


def refusal(answer):
    assert answer.status == 400, answer
    return answer.json()["error"]


def refused_lines(answer):
    """Of an answer to verbose=true: the lines that were refused."""
    assert answer.status == 400, answer
    return answer.json()["data"]


def dated(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def values(influxd, db, measurement="ok", field="v"):
    rows = influxd.rows(f'SELECT "{field}" FROM "{measurement}"', db)
    return [row[field] for row in rows]


@pytest.fixture
def start(influxd, start_weir):
    """start(types="coerce") gives a weir before the InfluxDB, with these keys for all databases."""

    def begin(learn_every="1m", **policy):
        sink = influx_sink(influxd.url, learn_every=learn_every)
        return start_weir(settings(sink, databases={"*": policy} if policy else None))

    return begin


@pytest.fixture
def alone(influxd):
    """Writes to InfluxDB without weir. Makes the databases of both ways."""
    influxd.create_database("alone")
    influxd.create_database("through")
    return lambda body, **params: influxd.client.write(body, "alone", **params)


def check_bad_line(influxd, alone, weir, line, words, code, column):
    """The line between two good ones: InfluxDB's words are those of old, with weir and without; but
    from weir who asks learns the place and the remedy, and the line is not lost."""
    body = f"ok v=1 {T}\n{line}\nok v=2 {T + 1}"
    expected = f"partial write: unable to parse '{line}': {words} dropped=0"
    direct = alone(body, verbose="true")
    assert direct.json() == {"error": expected}, "all that InfluxDB has to say"
    plain = refusal(weir.client.write(body, "through"))
    assert plain.startswith(f"{expected} (hint: line 2: "), plain
    assert "\n" not in plain and plain.endswith(")")
    (told,) = refused_lines(weir.client.write(body, "through", verbose="true"))
    assert (told["code"], told["line_number"], told["column"]) == (code, 2, column), told
    assert told["original_line"] == line
    assert len(told["explanation"]) > 40
    wait_kept(weir, 2)
    assert [(letter["line"], letter["code"]) for letter in listed(weir)] == [(line, code)] * 2
    weir.wait_delivered(4)
    for db in ("alone", "through"):
        assert values(influxd, db) == [1, 2], db


@pytest.mark.parametrize(
    "line, words, code, column",
    [
        (f"cpu, host=a v=1 {T}", "missing tag key", "missing_tag_key", 5),
        (f"cpu,host=a v=1, w=2 {T}", "invalid field format", "invalid_field_format", 16),
        (f"cpu,host=a v =1 {T}", "invalid field format", "invalid_field_format", 13),
        (f"cpu,host=web server v=1 {T}", "invalid field format", "invalid_field_format", 13),
        (f"cpu,host=a v= 1 {T}", "missing field value", "missing_field_value", 14),
    ],
)
def test_spaces_in_the_wrong_places(influxd, alone, start, line, words, code, column):
    check_bad_line(influxd, alone, start(), line, words, code, column)


@pytest.mark.parametrize(
    "line, words, code, column",
    [
        (f"ev,host=a msg=started {T}", "invalid boolean", "invalid_boolean", 15),
        (f"ev,host=a version=1.2.3 {T}", "invalid number", "invalid_number", 19),
    ],
)
def test_a_string_without_quotes(influxd, alone, start, line, words, code, column):
    check_bad_line(influxd, alone, start(), line, words, code, column)


def test_a_string_without_its_last_quote(influxd, alone, start):
    """InfluxDB reads the rest of the batch as part of the string: all that follows is lost."""
    bad = f'ev,host=a msg="started {T}'
    body = "\n".join([f"ok v=1 {T}", bad, *(f"ok v={n} {T + n}" for n in range(2, 100))])
    assert refusal(alone(body)).endswith("': unbalanced quotes dropped=0")
    assert values(influxd, "alone") == [1]
    weir = start()
    (told,) = refused_lines(weir.client.write(body, "through", verbose="true"))
    assert (told["line_number"], told["original_line"]) == (2, bad)
    weir.wait_delivered(99)
    assert values(influxd, "through") == list(range(1, 100))


def test_a_field_that_changes_its_type_within_a_batch(influxd, alone, start):
    """Where its measurement is new InfluxDB loses the whole batch, and does not say why."""
    body = f"ok v=1i {T}\nother v=1 {T}\nok v=2.5 {T + 1}\nok v=3i {T + 2}"
    assert alone(body).json() == {"error": "field type conflict"}
    assert values(influxd, "alone") == values(influxd, "alone", "other") == []
    weir = start()
    words = 'input field "v" on measurement "ok" is type float, already exists as type integer'
    told = refusal(weir.client.write(body, "through"))
    assert told == f"partial write: field type conflict: {words} dropped=1"
    (named,) = refused_lines(weir.client.write(body, "through", verbose="true"))
    assert (named["code"], named["line_number"]) == ("field_type_conflict", 3)
    assert named["original_line"] == f"ok v=2.5 {T + 1}"
    weir.wait_delivered(6)
    assert values(influxd, "through") == [1, 3]
    assert values(influxd, "through", "other") == [1]
    assert weir.metrics().sum("weir_sink_discarded_points_total", sink="influx") == 0


def test_a_field_that_changes_its_type_between_batches(influxd, alone, start):
    """Within a week InfluxDB refuses the point, and weir answers as it does, word for word. Beyond
    the week InfluxDB takes the point, and no query finds it."""
    bodies = [
        f"ok v=1i {T}",
        f"ok v=1.5 {T + 1}\nok v=2i {T + 2}\nother v=1 {T}",
        f'ok v="three" {T + WEEK}',
    ]
    direct = [alone(body) for body in bodies]
    weir = start()
    through = [weir.client.write(body, "through") for body in bodies]
    assert [answer.status for answer in direct] == [204, 400, 204]
    assert [answer.status for answer in through] == [204, 400, 400]
    assert through[1].text() == direct[1].text()
    weir.wait_delivered(3)
    for db in ("alone", "through"):
        assert values(influxd, db) == [1, 2], db
        assert values(influxd, db, "other") == [1], db
    assert 'is type string, already exists as type integer' in refusal(through[2])
    rejected = weir.metrics().one(
        "weir_lines_rejected_total", database="through", reason="field_type_conflict"
    )
    assert rejected == 2


@pytest.mark.parametrize(
    "mode, second, field, found",
    [("coerce", "2.0", "v", [1, 2]), ("rename", '"two"', "v_str", ["two"])],
)
def test_a_change_of_type_can_be_mended(influxd, alone, start, mode, second, field, found):
    first, changed = f"ok v=1i {T}", f"ok v={second} {T + 1}"
    assert alone(first).status == 204
    assert "field type conflict" in refusal(alone(changed))
    assert values(influxd, "alone") == [1]
    weir = start(types=mode)
    for line in (first, changed):
        assert weir.client.write(line, "through").status == 204
    weir.wait_delivered(2)
    assert values(influxd, "through", field=field) == found
    assert values(influxd, "through")[0] == 1


def test_a_point_beyond_retention(influxd, start):
    """InfluxDB says that a point was lost, but not which. Weir has learnt the policy from it; it
    names the point and keeps it, so that a longer policy brings it back."""
    for db in ("alone", "through"):
        influxd.query(f'CREATE DATABASE "{db}" WITH DURATION 1h NAME "hour"')
    weir = start(learn_every="100ms", learn_from="influx", retention="learn")
    now = time.time_ns()
    assert weir.client.write(f"first v=1 {now}", "through").status == 204
    wait_until(lambda: weir.metrics().sum("weir_learnt_policies") > 0, what="the policy learnt")

    old = f"ok v=2 {now - 2 * HOUR}"
    body = f"ok v=1 {now - SECOND}\n{old}\nok v=3 {now}"
    words = "partial write: points beyond retention policy dropped=1"
    assert refusal(influxd.client.write(body, "alone", verbose="true")) == words
    assert values(influxd, "alone") == [1, 3]
    hinted = refusal(weir.client.write(body, "through"))
    assert hinted.startswith(f"{words} (hint: the point of line 2 lies at "), hinted
    assert "points are kept for 1h;" in hinted
    (named,) = refused_lines(weir.client.write(body, "through", verbose="true"))
    assert (named["code"], named["line_number"]) == ("beyond_retention", 2)
    assert named["original_line"] == old
    weir.wait_delivered(5)
    assert values(influxd, "through") == [1, 3]

    wait_kept(weir, 2)
    letter = listed(weir, "--code", "beyond_retention")[0]
    assert letter["line"] == old
    for db in ("alone", "through"):
        influxd.query(f'ALTER RETENTION POLICY "hour" ON "{db}" DURATION 1d')
    probe = f"probe v=1 {now - 3 * HOUR}"
    wait_until(
        lambda: weir.client.write(probe, "through").status == 204, what="the new policy learnt"
    )
    url = f"http://{weir.client.address}"
    assert letters(weir, "replay", letter["id"], "--url", url) == "1 letters passed\n"
    wait_until(lambda: values(influxd, "through") == [2, 1, 3], what="the point that was refused")
    assert values(influxd, "alone") == [1, 3]


def test_seconds_sent_as_nanoseconds(influxd, alone, start):
    """InfluxDB keeps the point in 1970, where no query of today finds it; or, with a retention
    policy, drops it and blames the retention."""
    influxd.query('CREATE DATABASE "brief" WITH DURATION 1h NAME "hour"')
    now = int(time.time())
    line = f"cpu,host=a value=1 {now}"
    today = "SELECT * FROM cpu WHERE time > now() - 1d"

    assert alone(line).status == 204
    assert influxd.rows(today, "alone") == []
    dropped = influxd.client.write(line, "brief")
    assert refusal(dropped) == "partial write: points beyond retention policy dropped=1"

    weir = start()
    told = refusal(weir.client.write(line, "through"))
    assert told == (
        f"unable to parse '{line}': timestamp {now} lies in 1970 when read as ns; read as s it "
        f"would be {dated(now)}: send precision=s"
    )
    # The client does what it was told.
    assert weir.client.write(line, "through", precision="s").status == 204
    weir.wait_delivered(1)
    right = [{"time": now * SECOND, "host": "a", "value": 1}]
    assert influxd.rows(today, "through") == right
    metrics = weir.metrics()
    assert metrics.sum("weir_lines_rejected_total", reason="precision_mistaken") == 1
    assert metrics.sum("weir_lines_accepted_total", database="through") == 1

    influxd.create_database("mended")
    mending = start(precision_mistake="mend")
    for db in ("mended", "brief"):
        assert mending.client.write(line, db).status == 204
    mending.wait_delivered(2)
    for db in ("mended", "brief"):
        assert influxd.rows(today, db) == right, db
    assert mending.metrics().sum("weir_lines_mended_total", reason="precision_mended") == 2


def test_two_points_with_the_same_time_and_tags(influxd, alone, start):
    """InfluxDB loses one without a word; weir counts it, refuses it, or gives it a place."""
    second = f"cpu,host=a value=2i {T}"
    body = f"cpu,host=a value=1i {T}\n{second}"
    assert alone(body).status == 204
    assert values(influxd, "alone", "cpu", "value") == [2]

    for db in ("counted", "refused", "spread"):
        influxd.create_database(db)
    counting = start()
    assert counting.client.write(body, "counted").status == 204
    assert counting.metrics().matching("weir_lines_noted_total", database="counted") == [
        ({"database": "counted", "reason": "duplicate_point"}, 1)
    ]
    wait_until(lambda: "cpu,host=a at" in counting.log(), what="a sample in the log")
    counting.wait_delivered(2)
    assert values(influxd, "counted", "cpu", "value") == [2], "the last one, as ever"

    refusing = start(duplicates="reject")
    for _ in range(2):  # a retry is answered alike
        answer = refusing.client.write(body, "refused", verbose="true")
        (named,) = refused_lines(answer)
        assert (named["code"], named["line_number"]) == ("duplicate_point", 2)
        assert named["original_line"] == second
        assert named["error_message"].startswith("a point of the same series and time has other")
    metrics = refusing.metrics()
    assert metrics.sum("weir_lines_rejected_total", reason="duplicate_point") == 2
    assert metrics.matching("weir_lines_noted_total", database="refused") == [
        ({"database": "refused", "reason": "duplicate_retry"}, 1)
    ]
    refusing.wait_delivered(2)
    assert values(influxd, "refused", "cpu", "value") == [1]

    spreading = start(duplicates="spread")
    for _ in range(2):
        assert spreading.client.write(body, "spread").status == 204
    spreading.wait_delivered(4)
    assert influxd.rows("SELECT value FROM cpu", "spread") == [
        {"time": T, "value": 1},
        {"time": T + 1, "value": 2},
    ]


LINES = 5000


@pytest.mark.parametrize(
    "field, code, kept_alone",
    [("v=broken", "invalid_boolean", LINES - 1), ("v=1i", "field_type_conflict", 0)],
)
def test_one_bad_line_among_5000(
    influxd, alone, prometheus, start_weir, field, code, kept_alone
):
    """The other 4,999 are in InfluxDB and in Prometheus, and the one is named. An InfluxDB alone
    keeps none of them when it is the type that is wrong."""
    base = time.time_ns() // SECOND * SECOND - 10 * SECOND
    step = SECOND // 1000  # Prometheus counts milliseconds
    times = {number: base + number * step for number in range(LINES)}
    lines = [f"ok,host=h{n % 10} v={n}.5 {at}" for n, at in times.items()]
    bad = 3210
    lines[bad] = f"ok,host=h0 {field} {times[bad]}"
    body = "\n".join(lines)
    good = {at: n + 0.5 for n, at in times.items() if n != bad}

    assert alone(body).status == 400
    assert len(values(influxd, "alone")) == kept_alone

    weir = start_weir(settings(influx_sink(influxd.url), remote_write_sink(prometheus.url)))
    answer = weir.client.write(body, "through", verbose="true")
    (named,) = refused_lines(answer)
    assert (named["code"], named["line_number"]) == (code, bad + 1)
    assert named["original_line"] == lines[bad]
    assert answer.headers["x-weir-lines"] == f"accepted={LINES - 1}, rejected=1, dropped=0"
    wait_kept(weir, 1)
    (letter,) = listed(weir)
    assert (letter["line"], letter["request_line"], letter["code"]) == (lines[bad], bad + 1, code)
    assert lines[bad] in letters(weir, "show", letter["id"])

    for sink in ("influx", "prometheus"):
        weir.wait_delivered(LINES - 1, sink=sink)
    rows = influxd.rows("SELECT v FROM ok", "through")
    assert {row["time"]: row["v"] for row in rows} == good
    series = prometheus.samples("ok_v")
    assert len(series) == 10
    stored = {at * step: float(value) for each in series.values() for at, value in each}
    assert stored == good
    metrics = weir.metrics()
    for sink in ("influx", "prometheus"):
        assert metrics.sum("weir_sink_discarded_points_total", sink=sink) == 0
