# SPDX-License-Identifier: Apache-2.0
"""The pages of `weir load --report`: read back, compared. A browser opens them in tests/page."""

import json
import re
import signal
import socket
import subprocess
import time

import pytest

from harness.load_command import command, load, summary_of, url_of
from harness.process import wait_until
from harness.settings import null_sink, settings

DATA = re.compile(r'<script type="application/json" id="weir-load-report">(.*?)</script>', re.DOTALL)


def data_of(page):
    (text,) = DATA.findall(page.read_text())
    return json.loads(text)


def figure_of(report, name):
    (found,) = (each["value"] for each in report["figures"] if each["name"] == name)
    return found


@pytest.fixture
def weir(start_weir):
    return start_weir(settings(null_sink()))


def test_a_report_has_what_the_summary_has_and_how_it_went(weir, tmp_path):
    page = tmp_path / "report.html"
    began = time.time()
    found = summary_of(
        *("--url", url_of(weir.client.address) + "&p=secret", "--rate", 2_000, "--batch", 20),
        *("--duration", "2500ms", "--pid", weir.pid, "--bad", "10%", "--series", 100),
        *("--header", "X-Api-Key: secret", "--report", page),
    )
    report = data_of(page)
    assert began - 1 < report["began_ns"] / 1e9 < time.time()
    assert figure_of(report, "lines accepted") == found["lines_accepted"]
    assert figure_of(report, "lines rejected") == found["lines_rejected"] == found["bad_lines_sent"]
    assert figure_of(report, "series") == 100 and figure_of(report, "refused requests") == 0
    assert figure_of(report, "latency p99") == pytest.approx(found["latency_ms"]["p99"], abs=0.001)
    samples = report["samples"]
    assert len({len(column) for column in samples.values()}) == 1
    assert 2 <= len(samples["at"]) <= 10 and samples["at"] == sorted(samples["at"])
    lines = sum(a * b for a, b in zip(samples["lines_per_second"], samples["seconds"]))
    assert lines == pytest.approx(found["lines_accepted"], rel=0.15)
    assert all(value > 0 for value in samples["p50_ms"] + samples["p99_ms"] + samples["max_ms"])
    assert all(value is not None for value in samples["watched_cpu"] + samples["own_cpu"])
    text = page.read_text()
    assert text.count("<figure ") == 3 and "secret" not in text
    assert ["rate", "2000 lines/s"] in report["settings"]
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".new"] == []


def test_two_runs_side_by_side(weir, tmp_path):
    page = tmp_path / "it's <b>old & new.html"
    arguments = ("--url", url_of(weir.client.address), "--batch", 100, "--report", page)
    assert load(*arguments, "--lines", 2_000).returncode == 0
    old = data_of(page)
    # It is read before the run and written behind it.
    done = load(*arguments, "--lines", 8_000, "--compare", page)
    assert done.returncode == 0 and done.stderr == ""
    assert re.search(r"lines sent +8,000 +2,000 +4.00x\n", done.stdout), done.stdout
    assert "differs    lines: 8000, before 2000\n" in done.stdout
    assert figure_of(old, "lines sent") == 2_000 and figure_of(data_of(page), "lines sent") == 8_000
    text = page.read_text()
    assert '<td class="number">4.00x</td>' in text and "accepted before" in text
    # With --json the page has it, and standard output remains one object.
    assert summary_of(*arguments, "--lines", 10, "--compare", page)["lines_sent"] == 10
    assert data_of(page)["figures"]


def test_two_pages_that_are_there(weir, tmp_path):
    pages = [tmp_path / name for name in ("now.html", "before.html", "both.html")]
    for page, lines in zip(pages, (3_000, 1_500)):
        done = load("--url", url_of(weir.client.address), "--lines", lines, "--report", page)
        assert done.returncode == 0
    alone = load("--show", pages[1])
    assert (alone.returncode, alone.stdout) == (0, done.stdout), alone
    both = load("--show", pages[0], "--compare", pages[1], "--report", pages[2])
    assert both.returncode == 0 and re.search(r"lines sent +3,000 +1,500 +2.00x\n", both.stdout)
    assert data_of(pages[2]) == data_of(pages[0])
    assert "accepted before" in pages[2].read_text()
    for arguments, words in [
        (("--show", tmp_path / "none"), "No such file or directory"),
        (("--show", pages[0], "--compare", tmp_path), "is no report of weir load"),
        (("--show", pages[0], "--report", tmp_path / "none" / "x"), "No such file or directory"),
        (("--show", pages[0], "--url", "http://127.0.0.1/write"), "--show sends nothing"),
    ]:
        wrong = load(*arguments)
        assert (wrong.returncode, wrong.stdout) == (2, "") and words in wrong.stderr, wrong


def test_an_interrupted_run_has_its_report(weir, tmp_path):
    page = tmp_path / "report.html"
    arguments = command(
        *("--url", url_of(weir.client.address), "--duration", "1h", "--report", page, "--batch", 10)
    )
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL) as running:
        wait_until(lambda: weir.metrics().sum("weir_lines_accepted_total") > 0, what="lines")
        assert not page.exists(), "it is written at the end, whole"
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 0
    assert "interrupted before its end" in data_of(page)["summary"]


def test_datagrams(tmp_path):
    page = tmp_path / "report.html"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        port = receiver.getsockname()[1]
        found = summary_of("--udp", f"127.0.0.1:{port}", "--lines", 500, "--report", page)
    report = data_of(page)
    assert report["udp"] and report["target"] == f"udp://127.0.0.1:{port}"
    assert figure_of(report, "lines sent") == found["lines_sent"] == 500


def test_what_is_wrong_is_said_before_the_run(tmp_path):
    other = tmp_path / "other.html"
    other.write_text("<html></html>")
    damaged = tmp_path / "damaged.html"
    damaged.write_text('<script type="application/json" id="weir-load-report">{"a":</script>')
    with socket.socket() as taken:  # bound, not listening
        taken.bind(("127.0.0.1", 0))
        url = url_of(f"127.0.0.1:{taken.getsockname()[1]}")
        for arguments, words in [
            (("--report", tmp_path / "none" / "x.html"), "No such file or directory"),
            (("--report", tmp_path), "is there, and no file"),
            (("--compare", tmp_path / "none.html"), "No such file or directory"),
            (("--compare", tmp_path), "is no report of weir load"),
            (("--compare", "/dev/zero"), "is no report of weir load"),
            (("--compare", other), "other.html: it is no report of weir load"),
            (("--compare", damaged), "damaged.html: it has no data of weir load"),
            (("--compare", other, "--json"), "with --json, give --report"),
        ]:
            done = load("--url", url, *arguments)
            assert (done.returncode, done.stdout) == (2, ""), (arguments, done)
            assert words in done.stderr, done
        unreachable = load("--url", url, "--report", tmp_path / "new.html")
    assert unreachable.returncode == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["damaged.html", "other.html"]
