# SPDX-License-Identifier: Apache-2.0
"""Requests that real Flinks sent by both reporters, recorded by ./dev flink, are sent once more, byte for byte, to a weir with the
shipped configuration. What real Flinks do besides is seen in tests/flink."""

import collections
import gzip
import re

import pytest

from harness.client import read_response
from harness.day.flink import samples_of
from harness.flink.configuration import ROOT, replaced, weir_settings, without_comments
from harness.flink.reports import CHANGING, REFUSED, Request, finite, messages, points, push, through_flink_gauges
from harness.flink.rows import expected_rows, must_have, rows_of
from harness.letters import listed, wait_kept
from harness.remote_write import Receiver
from harness.samples import settled

RECORDED = ROOT / "tests" / "flink" / "recorded"
VERSIONS = ["1.20.1", "2.2.1"]


@pytest.fixture(params=VERSIONS)
def recorded(request):
    """recorded("influxdb") gives the requests of a reporter."""

    def read(reporter):
        stream = gzip.decompress((RECORDED / f"{request.param}.{reporter}.http.gz").read_bytes())
        return [Request(*each) for each in messages(stream)]

    return read


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def start(start_weir, influxd, receiver):
    """start() gives a weir as conf/flink has it; start((old, new)) with this put in the place of that."""

    def with_changes(*changes):
        return start_weir(replaced(weir_settings(influxd.url, receiver.url), *changes))

    return with_changes


def send(weir, requests):
    """Over one connection, as the reporter does; the statuses."""
    with weir.client.raw() as connection, connection.makefile("rb") as stream:
        statuses = []
        for request in requests:
            connection.sendall(request.raw)
            statuses.append(read_response(stream).status)
        return statuses


def all_is_delivered(weir):
    weir.wait_delivered(weir.metrics().sum("weir_lines_accepted_total"))


def samples(receiver):
    """{(labels, time in ms): value} of all that came."""
    return {(frozenset(series.labels), at): value
            for write in receiver.writes for series in write.series for value, at in series.samples}


def refused(requests):
    return sum(line.startswith(tuple(name.encode() for name in REFUSED))
               for request in requests for line in request.body.split(b"\n"))


def test_lines_are_rows_and_series(start, influxd, receiver, recorded):
    weir, requests = start(), recorded("influxdb")
    assert set(send(weir, requests)) == {204}
    sent = [point for request in requests for point in points(request.body)]
    expected = expected_rows(sent)
    assert len(expected) > 1000
    all_is_delivered(weir)
    settled(weir, len(expected))
    rows = rows_of(influxd, "flink")
    must_have(rows, expected)
    assert rows.keys() == expected.keys()
    assert weir.metrics().one("weir_sink_delivered_points_total", sink="influx") == len(rows)
    stored = samples(receiver)
    wanted = {(labels, at): value for point in sent if point.measurement != CHANGING
              for labels, at, value in samples_of(point, "flink")}
    assert {key: stored.get(key) for key in wanted} == wanted
    assert {dict(labels)["__name__"] for labels, _ in stored.keys() - wanted.keys()} \
        <= {f"flink_{CHANGING}{kind}" for kind in ("", "_value_int", "_value_float", "_value_bool")}
    wait_kept(weir, refused(requests))
    letters = [each["line"].partition(",")[0] for each in listed(weir) if each["action"] == "rejected"]
    assert len(letters) == refused(requests) and set(letters) == set(REFUSED)


def test_pushes_are_the_series_that_were_pushed(start, influxd, receiver, recorded):
    weir, requests = start(), recorded("pushgateway")
    assert [each.method for each in requests] == ["PUT", "PUT", "PUT", "DELETE"]
    assert set(send(weir, requests[:3])) == {202}
    groups = weir.client.get("/api/v1/metrics").json()["data"]
    assert len(groups) == 2
    pushed = [finite(push(request).samples) for request in requests[:3]]
    all_is_delivered(weir)
    settled(weir, sum(map(len, pushed)))
    found = collections.defaultdict(list)
    for (labels, at), value in sorted(samples(receiver).items(), key=lambda each: each[0][1]):
        found[labels].append(value)
    expected = collections.defaultdict(list)
    for each in pushed:
        for labels, value in each.items():
            expected[labels].append(value)
    assert found == expected
    assert len(rows_of(influxd, "pushgateway")) == sum(map(len, pushed))
    assert send(weir, requests[3:]) == [202]
    assert len(weir.client.get("/api/v1/metrics").json()["data"]) == 1


@pytest.mark.parametrize("recorded", VERSIONS[-1:], indirect=True)
@pytest.mark.parametrize("types", ["reject", "drop-field"])
def test_a_gauge_that_changes_its_type_keeps_the_first_alone(start, influxd, recorded, types):
    """With the shipped "rename" all values are kept: above."""
    weir, requests = start(('types = "rename"', f'types = "{types}"')), recorded("influxdb")
    send(weir, requests)
    all_is_delivered(weir)
    sent = [through_flink_gauges(point)["value"] for request in requests for point in points(request.body)
            if point.measurement == CHANGING]
    assert {type(value) for value in sent} == {int, float, str, bool}
    kept = [values for key, values in rows_of(influxd, "flink").items() if key[0] == CHANGING]
    assert sorted(kept) == sorted([value] for value in sent if type(value) is type(sent[0]))


@pytest.mark.parametrize("recorded", VERSIONS[-1:], indirect=True)
def test_a_loud_weir_answers_in_influxdbs_words(start, recorded):
    weir, requests = start(("quiet = true", "quiet = false")), recorded("influxdb")
    *_, last = requests
    with weir.client.raw(last.raw) as connection, connection.makefile("rb") as stream:
        answer = read_response(stream)
    assert answer.status == 400 and "partial write" in answer.text() and "dropped=" in answer.text()


def test_names_are_the_same_by_both_reporters_and_those_of_the_rules(recorded):
    by_lines = {dict(labels)["__name__"] for request in recorded("influxdb") for point in points(request.body)
                for labels, _, _ in samples_of(point, "flink")}
    by_pushes = {dict(labels)["__name__"] for request in recorded("pushgateway") if request.method == "PUT"
                 for labels in push(request).samples}
    # Of meters and histograms, lines have more.
    more = re.compile(r".*_(count|min|max|mean|stddev)")
    assert not [name for name in by_lines - by_pushes if not more.fullmatch(name)]
    rules = (ROOT / "conf" / "kit" / "prometheus" / "rules" / "flink.rules.yml").read_text()
    named = set(re.findall(r"\bflink_(?:job|task)manager_\w+(?=[\[{ )])", rules))
    pending, errors = (f"flink_taskmanager_job_task_operator_{name}" for name in ("pendingRecords", "numRecordsOutErrors"))
    # Of Kafka's source alone; and of sinks, where InfluxdbReporter knows the same counter as numRecordsSendErrors.
    assert named - by_pushes == {pending} and named - by_lines == {pending, errors}


def test_the_set_up_has_the_shipped_configuration():
    section = re.search(r"^## A Flink cluster$(.*?)^## ", (ROOT / "docs" / "set_ups.md").read_text(), re.MULTILINE | re.DOTALL).group(1)
    (yaml,) = re.findall(r"^```yaml\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    (toml,) = re.findall(r"<<'TOML'\n(.*?)^TOML$", section, re.MULTILINE | re.DOTALL)
    assert yaml.splitlines() == without_comments("flink-conf.yaml")
    assert [line for line in toml.splitlines() if line] == without_comments("weir.toml")
    # 2.x has the same, with quotes for a 1.20 that reads it.
    assert [line.replace('"', "") for line in without_comments("config.yaml")] == without_comments("flink-conf.yaml")
