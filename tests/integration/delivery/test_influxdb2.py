# SPDX-License-Identifier: Apache-2.0
"""In front of an InfluxDB 2: lines that harm it, what is learnt from it, and what "auto" becomes
where it takes a database. InfluxDB 2 itself cannot be had here; the scripted server answers as 2.8
was seen to."""

import subprocess
import time

import pytest

from harness.client import without_hint
from harness.fake_influxdb2 import FakeInfluxdb2, bucket_id
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, remote_write_sink, settings

T = 1_600_000_000_000_000_000
HOUR = 3600 * 10**9
BEYOND = "partial write: points beyond retention policy dropped=1"
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def fake():
    server = FakeInfluxdb2()
    yield server
    server.stop()


def sink_2(url, **keys):
    return influx_sink(url, **{"version": 2, "org": "my-org", "token": "secret", **keys})


def learning(fake, databases=None, **sink):
    """Only what is learnt asks the server (`wait_types` counts its questions)."""
    return settings(
        sink_2(fake.url, **{"learn_every": "100ms", "create_databases": False, **sink}),
        databases={"*": {"learn_from": "influx", "retention": "learn"}, **(databases or {})},
    )


def refusal(answer):
    assert answer.status == 400, answer
    return without_hint(answer.json()["error"])


def write_v2(weir, bucket, body, **params):
    return weir.client.request("POST", "/api/v2/write", {"bucket": bucket, **params}, body)


def learnt(weir, policies):
    return weir.metrics().sum("weir_learnt_policies") == policies


def wait_types(weir, fake, *buckets):
    """Until their types are learnt: the schema reader asks one question after the other, so what it asked
    before its last list of buckets it has taken over. (A write would make types of its own.)"""

    def done():
        with fake.lock:
            asked = [(path, "/".join(filter(None, (each.get("db"), each.get("rp")))))
                     for path, each, _ in fake.asked]
        lists = [i for i, (path, _) in enumerate(asked) if path == "/api/v2/buckets"]
        return lists and all(("/query", each) in asked[: lists[-1]] for each in buckets)

    wait_until(done, what=f"types of {buckets} learnt", alive=weir.must_be_alive)


# --- names


@pytest.mark.parametrize("key", ["_time", "_value", "_start", "_stop", "_field", "_measurement"])
def test_tags_that_an_influxdb_2_refuses_or_fails_on_never_reach_it(fake, start_weir, key):
    fake.judges = True
    weir = start_weir(
        settings(sink_2(fake.url), databases={"taken-out": {"reserved_tags": "drop"}})
    )
    body = f"m,a=1,{key}=x f=1 {T}\nm,a=2 f=2 {T}"
    assert f'cannot use reserved tag key "{key}"' in refusal(weir.client.write(body, "told"))
    assert weir.client.write(body, "taken-out").status == 204
    weir.wait_delivered(3)
    assert fake.bodies() == {
        "told": [f"m,a=2 f=2 {T}"],
        "taken-out": [f"m,a=1 f=1 {T}", f"m,a=2 f=2 {T}"],
    }
    assert set(fake.statuses()) == {204}


def test_a_reserved_tag_that_a_rule_makes_is_refused_too(fake, start_weir):
    rule = '\n[[rule]]\nname = "r"\naction = "rename"\nwhat = "tag"\nkey = "t"\nto = "_time"\n'
    weir = start_weir(settings(sink_2(fake.url)) + rule)
    told = refusal(weir.client.write(f"m,t=1 f=1 {T}", "db"))
    assert "cannot use the reserved tag key that a [[rule]] gives the point" in told


@pytest.mark.parametrize("line", ["m,time=a f=1", "m time=1"])
def test_time_as_a_name_never_reaches_an_influxdb_2(fake, start_weir, line):
    fake.judges = True
    weir = start_weir(settings(sink_2(fake.url)))
    told = refusal(weir.client.write(f"{line} {T}\nm f=2 {T}", "db"))
    assert '"time" on measurement "m" is invalid' in told
    weir.wait_delivered(1)
    assert (fake.kept, fake.statuses()) == ([f"m f=2 {T}"], [204])
    assert weir.client.write(f"m f=3,time=2 {T}", "db").status == 204  # as InfluxDB
    weir.wait_delivered(2)
    assert fake.kept[-1] == f"m f=3 {T}"


def test_a_label_called_time_is_no_trouble_for_prometheus_alone(start_weir):
    weir = start_weir(settings(remote_write_sink(NOWHERE + "/api/v1/write")))
    assert weir.client.write(f"m,time=a f=1 {T}\nm,_value=1 time=1 {T}", "db").status == 204


@pytest.mark.parametrize("body", [b"m\\\\,a=b v=1", b"m\t \t=1", b"m =1", b"m v=1,=2"])
def test_lines_that_no_query_of_an_influxdb_2_finds_are_refused(fake, start_weir, body):
    weir = start_weir(settings(sink_2(fake.url)))
    assert weir.client.write(body, "db").status == 400


def test_a_string_that_an_influxdb_2_drops_is_refused(fake, start_weir):
    weir = start_weir(settings(sink_2(fake.url), file_sink(databases=["file*"]),
                               limits={"line": "4MiB"}, databases={"all": {"long_strings": "pass"}}))
    least = 1_048_577
    for before in ("", f's="{"y" * 8}",'):  # the second time the series is known
        body = f'm {before}v="{"x" * (least - 1)}" {T}\nm {before}v="{"x" * least}" {T + 1}'
        assert refusal(weir.client.write(body, "db")) == (
            'partial write: input field "v" on measurement "m" is too long, '
            f"{least} > {least - 1} dropped=1"
        )
    # Escapes count as what they stand for.
    escaped = '\\"' * 600_000
    assert weir.client.write(f'm v="{escaped}" {T}', "db").status == 204
    assert weir.client.write(f'm v="{"x" * least}" {T}', "all").status == 204
    assert weir.metrics().sum("weir_lines_rejected_total", reason="string_too_long") == 2


# --- what "auto" becomes

HUNDRED_TAGS = "m," + ",".join(f"t{n}=v" for n in range(100))


def test_unsigned_values_and_tag_counts_by_who_takes_the_database(fake, start_weir):
    sinks = [
        sink_2(fake.url, name="two", databases=["two", "mixed"]),
        influx_sink(NOWHERE, name="one", databases=["one", "mixed"]),
        remote_write_sink(NOWHERE + "/w", databases=["prometheus"]),
        file_sink(databases=["*"]),
    ]
    explicit = {
        "unsigned": "pass",
        "tag_count": "pass",
    }
    sinks[1]["databases"].append("explicit")
    weir = start_weir(settings(*sinks, databases={"explicit": explicit}))
    passes = {"two": True, "one": False, "mixed": False, "prometheus": True, "file": True,
              "explicit": True}
    for db, passed in passes.items():
        answer = weir.client.write(f"{HUNDRED_TAGS} f=1 {T}\nm u=5u {T}", db)
        assert answer.status == (204 if passed else 400), db
    weir.wait_delivered(10, sink="lines")
    for db, passed in passes.items():
        assert weir.lines_of(db)[-1] == (f"m u=5u {T}" if passed else f"m u=5i {T}"), db
    largest = 2**64 - 1
    assert weir.client.write(f"m u={largest}u {T}", "two").status == 204
    assert "too large for an integer" in refusal(weir.client.write(f"m u={largest}u {T}", "one"))


def test_rules_may_make_a_hundred_tags_where_no_influxdb_1_takes_them(fake, start_weir):
    rule = '\n[[rule]]\nname = "dc"\naction = "add_tag"\nkey = "dc"\nto = "x"\n'
    sinks = [sink_2(fake.url, name="two", databases=["two"]),
             influx_sink(NOWHERE, name="one", databases=["one"])]
    weir = start_weir(settings(*sinks) + rule)
    line = "m," + ",".join(f"t{n}=v" for n in range(99)) + f" f=1 {T}"
    assert weir.client.write(line, "one").status == 400
    assert weir.client.write(line, "two").status == 204


def test_an_unsigned_value_of_an_integer_field_stays_one(fake, start_weir):
    fake.buckets = {"db": 0}
    fake.fields = {"db": {"m": {"old": "integer", "new": "unsigned"}}}
    weir = start_weir(learning(fake))
    wait_types(weir, fake, "db")
    assert weir.client.write(f"m new=1i {T}", "db").status == 400
    assert weir.client.write(f"m old=5u,new=6u {T}", "db").status == 204
    weir.wait_delivered(1)
    assert fake.stored()[-1] == f"m old=5i,new=6u {T}"


def test_config_show_tells_what_auto_became(fake, make_weir):
    def shown(*sinks, **more):
        weir = make_weir(settings(*sinks, **more))
        done = subprocess.run(
            [weir.executable, "config", "show", "--config", weir.config_path],
            capture_output=True, text=True, check=True,
        )
        return done.stdout

    two = sink_2(fake.url)
    text = shown(two)
    for row in ('unsigned = "auto"  # here "pass"', 'reserved_tags = "auto"  # here "reject"',
                'time_key = "auto"  # here "drop-field"', 'tag_count = "auto"  # here "pass"',
                'long_strings = "auto"  # here "reject"', 'tag_and_field = "auto"  # here "pass"'):
        assert row in text
    one = influx_sink(NOWHERE, name="one")
    text = shown(two, one, databases={"x": {"unsigned": "reject"}})
    assert 'unsigned = "auto"  # here "integer"' in text
    assert 'unsigned = "reject"\n' in text
    text = shown({**two, "databases": ["x"]}, one, databases={"x": {}, "y": {}})
    assert text.count("# by the sinks of each database") == 6
    assert text.count('reserved_tags = "auto"  # here "reject"') == 1
    assert text.count('reserved_tags = "auto"  # here "pass"') == 1


# --- learning


def test_a_list_without_a_bucket_is_told_once_and_what_was_known_is_kept(fake, start_weir):
    fake.buckets = {"brief": 3600, "other": 60}
    weir = start_weir(learning(fake))
    wait_until(lambda: learnt(weir, 2), what="buckets learnt", alive=weir.must_be_alive)

    def write_old():
        return weir.client.write(f"m v=1 {time.time_ns() - 2 * HOUR}", "brief")

    assert refusal(write_old()) == BEYOND
    assert weir.client.write("m v=1", "brief").status == 204
    fake.may_read = False
    asked = len(fake.questions("/api/v2/buckets"))
    wait_until(lambda: len(fake.questions("/api/v2/buckets")) >= asked + 4, what="some lists")
    assert refusal(write_old()) == BEYOND
    told = 'delivered to bucket "brief", which the server does not list (0 bucket(s) listed)'
    assert weir.log().count(told) == 1
    assert weir.metrics().sum("weir_learn_missing_buckets") == 1
    weir.restart()
    assert refusal(write_old()) == BEYOND, "kept over the restart"
    fake.may_read = True
    fake.buckets["brief"] = 3 * 3600
    wait_until(lambda: write_old().status == 204, what="the change learnt")
    assert weir.metrics().sum("weir_learn_missing_buckets") == 0


def test_a_bucket_that_was_never_listed_is_told_too(fake, start_weir):
    fake.may_read = False
    fake.buckets = {"db": 3600, "db/week": 60}
    weir = start_weir(learning(fake))
    assert weir.client.write("m v=1", "db", rp="week").status == 204
    wait_until(lambda: "does not list" in weir.log(), what="told", alive=weir.must_be_alive)
    assert 'bucket "db/week", which' in weir.log()


def test_learning_begins_at_the_start(fake, start_weir):
    """Nobody has written and nothing is configured by name: the first write is judged already."""
    fake.buckets = {f"b{n}": 3600 for n in range(250)}
    fake.fields = {"b249": {"cpu": {"usage": "float"}}}
    weir = start_weir(learning(fake))
    wait_until(lambda: learnt(weir, 250), what="buckets learnt", alive=weir.must_be_alive)
    assert {asked["limit"] for asked in fake.questions("/api/v2/buckets")} == {"100"}
    old = f"m v=1 {time.time_ns() - 2 * HOUR}"
    assert refusal(weir.client.write(old, "b249")) == BEYOND
    wait_types(weir, fake, *fake.buckets)
    assert "is type integer, already exists as type float" in refusal(
        weir.client.write("cpu usage=1i", "b249")
    )
    first = "sink influx: learnt of database b249: 1 types of fields"
    wait_until(lambda: first in weir.log(), what="told", alive=weir.must_be_alive)


def test_a_list_is_renewed_while_nobody_writes(fake, start_weir):
    weir = start_weir(learning(fake))
    wait_until(lambda: fake.questions("/api/v2/buckets"), what="asked", alive=weir.must_be_alive)
    fake.buckets = {"later": 3600}
    wait_until(lambda: learnt(weir, 1), what="the new bucket learnt", alive=weir.must_be_alive)
    old = f"m v=1 {time.time_ns() - 2 * HOUR}"
    assert refusal(weir.client.write(old, "later")) == BEYOND


@pytest.mark.parametrize("sink", [{}, {"bucket": "x-{database}"}])
def test_types_are_learnt_with_version_2(fake, start_weir, sink):
    bucket = "x-db" if sink else "db"
    fake.buckets = {bucket: 0}
    fake.fields = {bucket: {"cpu": {"usage": "float", "on": "boolean"}, "m n": {"v": "string"}}}
    weir = start_weir(learning(fake, databases={"db": {}}, **sink))
    wait_types(weir, fake, bucket)
    assert weir.client.write("cpu usage=1i", "db").status == 400
    assert "already exists as type string" in refusal(weir.client.write("m\\ n v=1", "db"))
    for path, asked, headers in fake.asked:
        assert headers["authorization"] == "Token secret", path
        if path == "/query":
            assert asked == {"db": bucket, "q": "SHOW FIELD KEYS"}


def test_a_field_of_two_types_in_two_buckets_of_a_database_has_none(fake, start_weir):
    fake.buckets = {"db": 0, "db/week": 0}
    fake.fields = {
        "db": {"m": {"v": "float", "w": "float"}},
        "db/week": {"m": {"v": "string", "w": "float"}},
    }
    weir = start_weir(learning(fake))
    wait_types(weir, fake, "db", "db/week")
    assert weir.client.write("m w=1i", "db").status == 400
    assert weir.client.write('m v="a"', "db", rp="week").status == 204


def test_types_that_cannot_be_read_do_not_hold_up_retention(fake, start_weir):
    fake.buckets = {"db": 3600}
    fake.show_field_keys = lambda asked: (403, {"code": "forbidden", "message": "no"})
    weir = start_weir(learning(fake))
    wait_until(lambda: learnt(weir, 1), what="buckets learnt", alive=weir.must_be_alive)
    wait_until(lambda: "cannot be learnt now" in weir.log(), what="told")
    assert 'types of "db": status 403' in weir.log()
    old = f"m v=1 {time.time_ns() - 2 * HOUR}"
    assert refusal(weir.client.write(old, "db")) == BEYOND


# --- names of buckets


def test_a_bucket_by_its_id_is_the_bucket_by_its_name(fake, start_weir):
    fake.buckets = {"brief/all/of it": 3600, "plain": 0}
    fake.fields = {"plain": {"m": {"v": "float"}}}
    weir = start_weir(learning(fake))
    wait_types(weir, fake, "plain")
    answer = write_v2(weir, bucket_id("plain"), f"m v=1i {T}")
    assert "already exists as type float" in answer.text()
    assert write_v2(weir, bucket_id("plain"), f"m v=1 {T}").status == 204
    assert write_v2(weir, "plain", f"m v=2 {T + 1}").status == 204
    by_id = bucket_id("brief/all/of it")
    old = f"m v=1 {time.time_ns() - 2 * HOUR}"
    assert write_v2(weir, by_id, old).status == 422
    now = time.time_ns()
    assert write_v2(weir, by_id, f"m v=1 {now}").status == 204
    unknown = "0123456789abcdef"
    assert write_v2(weir, unknown, f"m v=3 {T}").status == 204
    weir.wait_delivered(4)
    assert fake.bodies() == {
        "plain": [f"m v=1 {T}", f"m v=2 {T + 1}"],
        "brief/all/of it": [f"m v=1 {now}"],
        unknown: [f"m v=3 {T}"],
    }
    # What was learnt of ids is kept, too.
    fake.may_read = False
    weir.restart()
    assert write_v2(weir, bucket_id("plain"), f"m v=4 {T + 2}").status == 204
    wait_until(lambda: f"m v=4 {T + 2}" in fake.bodies()["plain"], what="delivered by name")


@pytest.mark.parametrize("bucket", ["a/b", "a/b/c", "a//b", "a/b/", "ä /b&c/%2F", "a/../b"])
def test_names_with_several_slashes(fake, start_weir, bucket):
    fake.buckets = {bucket: 3600}
    fake.fields = {bucket: {"m": {"v": "float"}}}
    weir = start_weir(learning(fake))
    wait_types(weir, fake, bucket)
    assert write_v2(weir, bucket, "m v=1i").status == 422
    assert write_v2(weir, bucket, f"m v=1 {time.time_ns() - 2 * HOUR}").status == 422
    now = time.time_ns()
    assert write_v2(weir, bucket, f"m v=1 {now}").status == 204
    weir.wait_delivered(1)
    assert fake.bodies() == {bucket: [f"m v=1 {now}"]}
    assert "does not list" not in weir.log()


def test_a_policy_with_a_slash_is_refused_where_an_influxdb_1_takes_it(start_weir):
    sinks = [influx_sink(NOWHERE, databases=["one"]), null_sink()]
    weir = start_weir(settings(*sinks))
    assert refusal(weir.client.write("m v=1", "one", rp="b/c")) == "invalid name"
    answer = write_v2(weir, "one/b/c", "m v=1")
    assert (answer.status, answer.json()["message"]) == (400, "invalid name")
    assert write_v2(weir, "other/b/c", "m v=1").status == 204
