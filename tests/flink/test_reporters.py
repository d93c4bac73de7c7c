# SPDX-License-Identifier: Apache-2.0
"""What Flink reports by both reporters, each second, through one weir, is in InfluxDB and in Prometheus: all that was acknowledged,
with its values, and no more; over restarts of weir; and what a TaskManager had that was killed ends."""

import collections
import functools

from harness.day.flink import samples_of
from harness.flink.reports import CHANGING, KINDS, REFUSED, finite, points, push
from harness.flink.rows import expected_rows, must_have
from running.story import HEAP, TTL

SLACK = 4  # seconds for a machine that has other work


def acknowledged(story, method):
    return [each for each in story.requests if each.method == method and each.acknowledged]


@functools.cache
def reported(story):
    """Each point that InfluxdbReporter sent and weir acknowledged."""
    return [point for each in acknowledged(story, "POST") for point in points(each.body)]


def values(story, measurement):
    """Of all rows of a measurement that InfluxDB has."""
    return [value for (name, _, _), found in story.rows["flink"].items() if name == measurement for value in found]


def series(story, name, origin="flink"):
    """{labels: samples} in Prometheus, by lines ("flink") or by pushes ("pushgateway")."""
    return {labels: found for labels, found in story.samples[origin].items() if ("__name__", name) in labels}


def test_every_report_was_acknowledged_or_had_no_answer(story):
    answers = collections.Counter((each.method, each.status) for each in story.requests)
    assert set(answers) <= {("POST", 204), ("PUT", 202), ("DELETE", 202), ("POST", None), ("PUT", None)}, answers
    assert answers["POST", 204] > 60 and answers["PUT", 202] > 60, answers
    # Only what was under way when weir was stopped or killed.
    assert answers["POST", None] + answers["PUT", None] <= 6, answers


def test_points_delivered_are_rows(story):
    rows = sum(len(found) for found in story.rows.values())
    assert story.metrics.one("weir_sink_delivered_points_total", sink="influx") == rows
    assert story.metrics.sum("weir_sink_discarded_points_total", sink="influx") == 0
    assert story.metrics.sum("weir_sink_pending_points") == 0


def test_all_acknowledged_lines_are_in_influxdb_with_their_values_and_no_others(story):
    expected, rows = expected_rows(reported(story)), story.rows["flink"]
    assert len(expected) > 10_000
    must_have(rows, expected)
    unanswered = sum(each.method == "POST" and each.status is None for each in story.requests)
    assert unanswered or rows.keys() == expected.keys()


def test_all_acknowledged_lines_are_in_prometheus_in_the_names_of_flinks_own_reporter(story):
    stored = {(labels, at): float(value) for labels, found in story.samples["flink"].items() for at, value in found}
    expected = {(labels, at): value for point in reported(story) if point.measurement != CHANGING
                for labels, at, value in samples_of(point, "flink")}
    assert len(expected) > 10_000
    missing = expected.keys() - stored.keys()
    assert not missing, f"{len(missing)} samples, such as {next(iter(missing))}"
    wrong = {key: (value, stored[key]) for key, value in expected.items() if stored[key] != value}
    assert not wrong, f"{len(wrong)} samples, such as {next(iter(wrong.items()))}"


def test_all_acknowledged_pushes_are_in_both(story):
    expected = collections.defaultdict(list)
    for request in acknowledged(story, "PUT"):
        for labels, value in finite(push(request).samples).items():
            expected[labels].append(value)
    unanswered = sum(each.method == "PUT" and each.status is None for each in story.requests)
    stored = story.samples["pushgateway"]
    assert expected.keys() <= stored.keys(), next(iter(expected.keys() - stored.keys()))
    for labels, sent in expected.items():
        found = [float(value) for _, value in stored[labels]]
        assert found == sent or unanswered and is_within(sent, found, unanswered), (labels, sent, found)
    rows = collections.Counter(name for name, _, _ in story.rows["pushgateway"])
    in_prometheus = collections.Counter(dict(labels)["__name__"] for labels, found in stored.items() for _ in found)
    assert rows == in_prometheus


def is_within(some, all_of_them, more):
    rest = iter(all_of_them)
    return len(all_of_them) <= len(some) + more and all(value in rest for value in some)


def test_records_checkpoints_and_the_jvm_are_in_both(story):
    for measurement, field in (("taskmanager_job_task_numRecordsIn", 50), ("taskmanager_job_task_operator_numRecordsIn", 50),
                               ("jobmanager_job_numberOfCompletedCheckpoints", 3), ("jobmanager_job_lastCheckpointSize", 100),
                               ("taskmanager_Status_JVM_Memory_Heap_Used", 1e6), ("jobmanager_Status_JVM_Threads_Count", 10),
                               ("jobmanager_Status_JVM_ClassLoader_ClassesLoaded", 1000)):
        name = f"flink_{measurement}"
        assert max(values(story, measurement)) >= field, measurement
        for origin in ("flink", "pushgateway"):
            found = series(story, name, origin)
            assert max(float(value) for each in found.values() for _, value in each) >= field, (name, origin)
        assert any(at == name for at, _, _ in story.rows["pushgateway"]), name


def test_gauges_are_what_the_documentation_says(story):
    def gauge(kind):
        return values(story, KINDS + kind)

    assert set(gauge("true")) == {True} and set(gauge("boolean")) == {True, False}
    assert all(isinstance(value, bool) for value in gauge("boolean"))
    assert set(gauge("string")) == {"it's \"quoted\", a\\b\nand ünicode "}
    assert set(gauge("string_of_digits")) == {"42.5"} and set(gauge("list")) == {"[1, 2]"} and set(gauge("map")) == {"{a=1}"}
    assert gauge("null") == [] and set(gauge("now_and_then_null")) == {3}
    for kind in ("nan", "infinite", "minus_infinite"):
        assert gauge(kind) == [], kind
    assert set(gauge("now_and_then_nan")) == {2.5}
    assert set(gauge("large")) == {1.7976931348623157e308} and set(gauge("tiny")) == {5e-324}
    assert set(gauge("least_long")) == {-(2**63)} and set(gauge("decimal")) == {12.125}

    def pushed(kind):
        found = series(story, f"flink_{KINDS}{kind}", "pushgateway").values()
        return {float(value) for each in found for _, value in each}

    assert pushed("true") == {1} and pushed("boolean") == {0, 1} and pushed("null") == pushed("string") == {0}
    assert pushed("nan") == pushed("infinite") == set() and pushed("now_and_then_nan") == {2.5}
    assert story.metrics.sum("weir_push_samples_left_out_total", reason="not_finite") > 0
    assert {dict(labels)["quantile"] for labels in series(story, f"flink_{KINDS}histogram", "pushgateway")} \
        == {dict(labels)["quantile"] for labels in series(story, f"flink_{KINDS}histogram")} \
        == {"0.5", "0.75", "0.95", "0.98", "0.99", "0.999"}


def test_a_gauge_that_changes_its_type_keeps_all_its_values(story):
    sent = collections.Counter(str(each.fields["value"]) for each in reported(story) if each.measurement == CHANGING)
    assert set(sent) == {"5", "5.5", "five", "true"}, sent
    kept = collections.Counter(str(value).lower() for value in values(story, CHANGING))
    assert kept == sent
    names = {dict(labels)["__name__"] for labels in story.samples["flink"] if CHANGING in dict(labels)["__name__"]}
    bare = f"flink_{CHANGING}"
    # The first type has the name; a text is no sample.
    assert bare in names or "five" in sent
    assert names <= {bare, *(f"{bare}_value_{kind}" for kind in ("int", "float", "bool"))} and len(names) == 3, names


def test_what_no_database_takes_is_a_letter(story):
    """An integer beyond 64 bits, and a tag's value that ends in a backslash: 204 (quiet), kept, and the rest of the report stays."""
    lines = collections.Counter(line.split(b",", 1)[0].decode() for each in acknowledged(story, "POST")
                                for line in each.body.split(b"\n") if line.startswith(tuple(map(str.encode, REFUSED))))
    letters = collections.Counter(each["line"].split(",", 1)[0] for each in story.letters if each["action"] == "rejected")
    assert set(letters) == set(REFUSED)
    unanswered = sum(each.method == "POST" and each.status is None for each in story.requests)
    for name in REFUSED:
        assert letters[name] == lines[name] or unanswered and 0 <= letters[name] - lines[name] <= 4, (letters, lines)


def test_the_series_of_a_killed_task_manager_end(story):
    seen = story.seen["seconds until the end"]
    assert min(story.seen["series before the kill"].values()) > 200
    assert seen["lines"] <= max(15, 3 * longest_gap(story, "flink", HEAP)) + SLACK, seen
    assert seen["pushes"] <= max(TTL, 5 * longest_gap(story, "pushgateway", HEAP)) + SLACK, seen
    assert story.seen["heap of the other"] == 2  # by lines and by pushes


def longest_gap(story, origin, name):
    """Between two samples of the TaskManager that was killed, since weir's start: what weir has learnt, in seconds."""
    since = story.seen["weir's last start"] * 1000
    (found,) = (each for labels, each in series(story, name, origin).items() if ("tm_id", "tm2") in labels)
    times = [at for at, _ in found if at >= since]
    return max(later - at for at, later in zip(times, times[1:])) / 1000


def test_an_orderly_end_ends_what_was_pushed(story):
    assert len(acknowledged(story, "DELETE")) == 2  # the JobManager and the TaskManager that was not killed
    # Flink may push once more while it deletes; then the time to live ends the group.
    assert story.seen["seconds until pushes end"] <= 2 * TTL + SLACK


def test_a_gauge_that_throws_loses_the_report_of_its_task_manager_and_no_other(story):
    """Flink's fault; told in conf/flink."""
    assert story.seen["reports beside a gauge that throws"] == 0
