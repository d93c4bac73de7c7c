# SPDX-License-Identifier: Apache-2.0
"""What `weir load` says of its series, databases and bad lines, held against weir's own counts, and an InfluxDB's."""

import pytest

from harness.load_command import load, summary_of, url_of
from harness.process import wait_until
from harness.settings import null_sink, settings

# What weir calls each kind of bad line.
CODES = {
    "space": "missing_tag_key",
    "tag": "missing_tag_value",
    "field": "invalid_field_format",
    "number": "invalid_number",
    "type": "field_type_conflict",
    "seconds": "precision_mistaken",
    "time": "bad_timestamp",
}


def rejected(weir):
    """By code, of all databases."""
    metrics = weir.metrics()
    found = {code: metrics.sum("weir_lines_rejected_total", reason=code) for code in CODES.values()}
    assert sum(found.values()) == metrics.sum("weir_lines_rejected_total")
    return found


@pytest.mark.parametrize("shape", ["tsbs", "flink", "mix", "tiny", "text"])
@pytest.mark.parametrize("more", [(), ("--series", 300), ("--gzip", "--series", 300)])
def test_bad_lines_are_rejected_and_no_other(start_weir, shape, more):
    weir = start_weir(settings(null_sink()))
    found = summary_of(
        *("--url", url_of(weir.client.address), "--shape", shape, "--lines", 4_000),
        *("--batch", 100, "--connections", 3, "--bad", "7%", *more),
    )
    assert found["bad_lines_sent"] == found["lines_rejected"] == 280
    assert found["lines_accepted"] == 4_000 - 280
    assert found["lines_unknown"] == found["lines_dropped"] == 0
    assert sum(found["answers"].values()) == 40
    assert found["answers"].get("400", 0) == found["refused_as_asked"] > 0
    assert weir.metrics().sum("weir_lines_accepted_total", database="bench") == 3_720
    assert rejected(weir) == {CODES[kind]: count for kind, count in found["bad_kinds"].items()}
    assert set(found["bad_kinds"]) == set(CODES)
    if more:
        assert found["series"] == weir.metrics().sum("weir_series", database="bench") == 300


def test_kinds_are_chosen(start_weir):
    weir = start_weir(settings(null_sink()))
    arguments = ("--url", url_of(weir.client.address), "--lines", 1_000, "--batch", 10)
    found = summary_of(*arguments, "--bad", "0.5", "--bad-kinds", "seconds,type")
    assert found["bad_kinds"] == {"seconds": 250, "type": 250}
    assert {code: count for code, count in rejected(weir).items() if count} == {
        "precision_mistaken": 250,
        "field_type_conflict": 250,
    }
    told = load(*arguments, "--bad", "100%", "--bad-kinds", "tag")
    assert told.returncode == 0, "what was asked for is no failure"
    assert "sent       0 good lines, 1,000 bad (tag 1,000)\n" in told.stdout
    assert "verdicts   0 accepted, 1,000 rejected\n" in told.stdout


def test_good_lines_that_are_refused_are_a_failure(start_weir):
    """Beside the bad ones: the field has another type here."""
    weir = start_weir(settings(null_sink()))
    line = 'cpu usage_user="text" 1586844081000000000\n'
    assert weir.client.write(line, "bench").status == 204
    found = summary_of(
        *("--url", url_of(weir.client.address), "--lines", 100, "--bad", "10%"),
        *("--bad-kinds", "space"),
        code=1,
    )
    assert found["lines_rejected"] == 100 and found["bad_lines_sent"] == 10
    assert found["refused_as_asked"] == 0


def test_a_request_that_is_refused_for_itself_is_a_failure(start_weir):
    weir = start_weir(settings(null_sink()))
    url = f"http://{weir.client.address}/api/v2/write?bucket=x&precision=never"
    found = summary_of("--url", url, "--lines", 100, "--bad", "10%", code=1)
    assert found["answers"] == {"400": 1}, found
    assert found["refused_as_asked"] == found["lines_unknown"] == found["lines_accepted"] == 0


@pytest.mark.parametrize("path", ["/write", "/api/v2/write?org=o", "/api/v3/write_lp"])
def test_databases_have_their_own_series(start_weir, path):
    weir = start_weir(settings(null_sink()))
    found = summary_of(
        *("--url", f"http://{weir.client.address}{path}", "--databases", 3, "--series", 500),
        *("--lines", 9_000, "--batch", 100, "--ring", "64KiB", "--bad", "1%"),
    )
    assert found["series"] == 1_500 and found["new_series"] == 0 and found["databases"] == 3
    metrics = weir.metrics()
    for n in range(3):
        assert metrics.sum("weir_series", database=f"load_{n}") == 500
        assert metrics.sum("weir_lines_received_total", database=f"load_{n}") == 3_000
    assert metrics.sum("weir_series") == 1_500
    # Version 3 tells a time's unit by its digits: there seconds are no mistake.
    taken = found["bad_kinds"]["seconds"] if "v3" in path else 0
    assert metrics.sum("weir_lines_rejected_total") == found["lines_rejected"] == 90 - taken


def test_series_churn_for_as_long_as_the_run_goes_on(start_weir):
    """Far past the ring, which holds some fifty lines."""
    weir = start_weir(settings(null_sink()))
    found = summary_of(
        *("--url", url_of(weir.client.address), "--series", 50, "--churn", 400, "--ring", "16KiB"),
        *("--rate", 5_000, "--batch", 20, "--lines", 5_000),
    )
    assert found["series"] == 50 + found["new_series"]
    # Those that are due by the last request, which is sent a second after the first at the earliest.
    assert found["new_series"] >= 398
    assert weir.metrics().sum("weir_series", database="bench") == found["series"]
    assert weir.metrics().sum("weir_lines_accepted_total") == 5_000


def test_datagrams_of_series_with_bad_lines(start_weir):
    weir = start_weir(
        settings(null_sink()) + '[[udp]]\nlisten = "127.0.0.1:0"\ndatabase = "over_udp"\n'
    )
    found = summary_of(
        *("--udp", weir.announced["udp"][0], "--series", 200, "--churn", 100, "--bad", "10%"),
        *("--rate", 4_000, "--lines", 2_000),
    )
    assert found["bad_lines_sent"] == 200 and found["lines_sent"] == 2_000

    def all_received():
        return weir.metrics().sum("weir_lines_received_total", database="over_udp") == 2_000

    wait_until(all_received, what="all lines")
    assert weir.metrics().sum("weir_lines_accepted_total", database="over_udp") == 1_800
    assert rejected(weir) == {CODES[kind]: count for kind, count in found["bad_kinds"].items()}
    assert weir.metrics().sum("weir_series", database="over_udp") == found["series"] > 200


def test_influxdb_counts_no_lines_and_stores_the_good_ones(influxd):
    influxd.create_database("bench")
    told = load(
        *("--url", url_of(influxd.client.address), "--lines", 1_000, "--batch", 100, "--bad", "3%"),
        *("--bad-kinds", "space,number", "--series", 10),
    )
    assert told.returncode == 0, told
    assert influxd.count("bench", "cpu", "usage_user") == 970
    assert "sent       970 good lines, 30 bad (space 15, number 15)\n" in told.stdout
    assert "1,000 in refused requests whose answers do not count lines\n" in told.stdout
