# SPDX-License-Identifier: Apache-2.0
"""What intakes of one topic share: types of fields and databases (docs/log_kafka.md), as their clients see it."""

import subprocess
import threading

import pytest

from harness.kafka.fleet import topics_of, weir_of
from harness.process import wait_until

T = 1_600_000_000_000_000_000
REJECT = {"databases": {"*": {"types": "reject"}}}


@pytest.fixture
def brokers(start_mock_brokers):
    return start_mock_brokers(**topics_of(shards=1))


@pytest.fixture
def intake(start_weir, brokers):
    """intake() starts one; all take what comes, and none delivers."""
    return lambda **tables: start_weir(weir_of(brokers.addresses, roles=["intake"], **REJECT, **tables))


def write_until_kept(weir, line, tries=20):
    """As clients do: what is answered 503 is sent again."""
    for _ in range(tries):
        answer = weir.client.write(line, "db")
        if answer.status != 503:
            return answer
    raise AssertionError(answer.text())


def types_command(weir, *arguments):
    done = subprocess.run(
        [weir.executable, "types", arguments[0], "--config", str(weir.config_path), *arguments[1:]],
        cwd=weir.directory,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def databases(weir):
    (result,) = weir.client.request("GET", "/query", {"q": "SHOW DATABASES"}).json()["results"]
    (series,) = result["series"]
    return {name for (name,) in series.get("values", [])}


def test_a_type_is_known_to_all_and_over_restarts(intake):
    one, other = intake(), intake()
    assert one.client.write(f"m f=1i {T}", "db").status == 204
    answer = write_until_kept(other, f'm f="text" {T}')
    assert answer.status == 400
    assert "field type conflict" in answer.text()
    assert "already exists as type integer" in answer.text()
    other.restart(kill=True)
    assert other.client.write(f'm f="text" {T}', "db").status == 400
    assert other.client.write(f"m f=2i,g=1 {T}", "db").status == 204
    assert write_until_kept(one, f"m g=t {T}").status == 400
    code, listed, _ = types_command(other, "list", "db", "m")
    assert (code, listed) == (0, "db\tm\tf\tinteger\ndb\tm\tg\tfloat\n")


def test_of_two_first_uses_one_wins(intake):
    weirs = [intake(), intake()]
    values = ["1i", '"text"']
    kept = {}
    for number in range(10):

        def send(index, field=f"f{number}"):
            kept[index, field] = write_until_kept(weirs[index], f"m {field}={values[index]} {T}").status

        threads = [threading.Thread(target=send, args=(index,)) for index in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(kept[index, f"f{number}"] for index in (0, 1)) == [204, 400]
    _, listed, _ = types_command(weirs[0], "list")
    types = dict(line.split("\t")[2:] for line in listed.splitlines())
    for (index, field), status in kept.items():
        assert (types[field] == ["integer", "string"][index]) == (status == 204)


def test_an_operator_forgets_a_type_while_weirs_run(intake):
    one, other = intake(), intake()
    assert one.client.write(f"m f=1i {T}", "db").status == 204
    assert write_until_kept(other, f"m f=2i {T}").status == 204
    assert types_command(other, "forget", "db", "n")[0] == 1
    code, said, _ = types_command(other, "forget", "db", "m", "f")
    assert (code, said) == (0, "1 field(s) forgotten, by all weirs of topic weir-shared\n")
    for weir in (one, other):
        wait_until(lambda: weir.client.write(f'm f="text" {T}', "db").status == 204, 20, "the type is forgotten")
    assert write_until_kept(one, f"m f=1i {T}").status == 400


def test_databases_are_created_and_dropped_for_all(intake):
    one, other = intake(), intake()
    assert "error" not in one.client.request("POST", "/query", {"q": "CREATE DATABASE made"}).text()
    assert "made" in databases(one)
    wait_until(lambda: "made" in databases(other), 20, "the other one knows it")
    other.restart(kill=True)
    assert "made" in databases(other)
    assert one.client.write(f"m f=1i {T}", "made").status == 204
    assert "error" not in other.client.request("POST", "/query", {"q": "DROP DATABASE made"}).text()
    assert "made" not in databases(other)
    wait_until(lambda: "made" not in databases(one), 20, "the other one forgets it")
    # Its types went with it.
    answer = one.client.write(f'm f="text" {T}', "made")
    assert answer.status == 204, answer.text()


def test_without_kafka_a_new_type_is_answered_503_in_time(intake, brokers):
    weir = intake()
    assert weir.client.write(f"m f=1i {T}", "db").status == 204
    brokers.down()
    answer = weir.client.write(f"m new=1i {T}", "db")
    assert answer.status == 503
    assert "error" in weir.client.request("POST", "/query", {"q": "CREATE DATABASE made"}).text()
    brokers.up()
    wait_until(lambda: weir.client.write(f"m new=1i {T}", "db").status == 204, 30, "Kafka is back")


def write_series(weir, numbers):
    """One line of each series. How many were refused, and the answer's text."""
    before = weir.metrics().sum("weir_lines_rejected_total", reason="series_limit")
    answer = write_until_kept(weir, "\n".join(f"m,t=a{number} f=1 {T}" for number in numbers))
    return weir.metrics().sum("weir_lines_rejected_total", reason="series_limit") - before, answer.text()


def series_known(weir):
    return weir.metrics().sum("weir_series")


def test_a_limit_of_series_holds_for_all_intakes_and_over_restarts(start_weir, brokers):
    def start():
        return start_weir(weir_of(brokers.addresses, roles=["intake"], databases={"*": {"series_total": 200}}))

    one, other = start(), start()
    assert write_series(one, range(120)) == (0, "")
    wait_until(lambda: series_known(other) == 120, 20, "the other one knows the series")
    refused, said = write_series(other, range(120, 240))
    assert refused == 40
    assert "max-series-per-database limit exceeded: (200)" in said
    wait_until(lambda: series_known(one) == 200, 20, "the limit is reached")
    # What is known to either passes at both, and nothing else at any.
    assert write_series(one, range(120, 200)) == (0, "")
    assert write_series(other, range(120)) == (0, "")
    assert write_series(one, range(500, 510))[0] == 10
    one.restart(kill=True)
    assert series_known(one) == 200
    assert write_series(one, range(500, 510))[0] == 10
    assert write_series(one, range(200)) == (0, "")
