# SPDX-License-Identifier: Apache-2.0
"""`weir tap`: lines as they pass, of a weir that is played."""

import json
import os
import signal
import subprocess
import time

import pytest

from harness.terminal import Terminal
from harness.terminal.played import PlayedWeir

WEIR = os.environ["WEIR_BINARY"]

GOOD = {"at": 1790000000.123, "verdict": "accepted", "database": "mydb", "retention_policy": "", "line": "cpu,host=a usage=1.5", "code": "", "message": "", "column": 0}
BAD = {
    "at": 1790000000.5,
    "verdict": "rejected",
    "database": "mydb",
    "retention_policy": "week",
    "line": "cpu,host= usage=1.5",
    "code": "missing_tag_value",
    "message": "missing tag value",
    "column": 10,
    "listener": "127.0.0.1:8086",
    "address": "10.0.0.1",
    "agent": "Telegraf",
    "user": "",
}


@pytest.fixture
def played():
    with PlayedWeir() as server:
        yield server


def tap(played, *words, **options):
    return Terminal([WEIR, "tap", "--url", played.url, *words], env={"NO_COLOR": None}, columns=100, **options)


def run(played, *words):
    return subprocess.run([WEIR, "tap", "--url", played.url, *map(str, words)], capture_output=True, text=True, timeout=60)


def test_lines_are_shown_as_they_pass(played):
    with tap(played, "--all") as terminal:
        played.wait_for_request("tap")
        played.send(GOOD)
        terminal.wait_for("14:13:20.123 mydb cpu,host=a usage=1.5")
        assert b"\x1b[1mcpu\x1b[0m,host=a" in terminal.raw
        played.send(BAD)
        screen = terminal.wait_for("missing tag value")
        assert (
            "14:13:20.500 mydb/week rejected missing_tag_value from 10.0.0.1 Telegraf\n"
            "    cpu,host= usage=1.5\n"
            "             ^ missing tag value"
        ) in screen
        terminal.type("\x03")
        assert terminal.wait_exit() == 0
        assert "weir tap: 2 lines shown in " in terminal.text() and "1 of them rejected" in terminal.text()


@pytest.mark.parametrize(
    "words, query",
    [
        ((), "tap?rejected=false&per_second=20"),
        (("--all", "--per-second", "5"), "tap?rejected=true&per_second=5"),
        (("--rejected",), "tap?rejected=only&per_second=20"),
        (("--db", "a&b*", "--measurement", "c pu?"), "tap?rejected=false&per_second=20&db=a%26b%2A&measurement=c%20pu%3F"),
    ],
)
def test_what_is_asked_for_is_asked_for(played, words, query):
    played.send(GOOD)
    done = run(played, "--count", 1, *words)
    assert done.returncode == 0 and "cpu,host=a" in done.stdout
    assert played.requests[-1] == f"/api/weir/v1/{query}"


def test_no_line_reaches_the_terminal_raw(played):
    line = {**GOOD, "line": "cpu,host=\x1b]0;owned\x07 usage=\"\x9b31m\u202e\""}
    played.send(line, {**BAD, **{key: "\x1b[2J" for key in ("database", "code", "message", "address", "agent", "user", "line")}})
    for words in ((), ("--json",)):
        with tap(played, "--count", "2", *words) as terminal:
            assert terminal.wait_exit() == 0
            for sequence in (b"\x1b]", b"\x1b[2J", b"\x07", "\x9b".encode(), "\u202e".encode()):
                assert sequence not in terminal.raw, sequence


def test_json_is_what_weir_sends(played):
    played.send(GOOD, {"at": 1, "seen": 2, "shown": 2}, BAD)
    done = run(played, "--json", "--all", "--count", 2)
    assert [json.loads(line) for line in done.stdout.splitlines()] == [GOOD, BAD]
    assert "2 lines shown" in done.stderr


def test_it_says_when_it_shows_a_part(played):
    played.send({"at": 1, "seen": 48000, "shown": 20}, GOOD)
    done = run(played, "--count", 1)
    assert "showing 20 of 48,000 lines a second" in done.stderr and "1 line shown of 48,000" in done.stderr


def test_a_reconnect_is_not_silent(played):
    with tap(played) as terminal:
        played.wait_for_request("tap")
        played.send(GOOD)
        terminal.wait_for("cpu,host=a")
        played.end_streams()
        terminal.wait_for("trying again")
        screen = terminal.wait_for("connected again")
        assert "what passed meanwhile was not seen" in screen.replace("\n", " ")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_exit() == 0


@pytest.mark.parametrize(
    "statuses, said",
    [({"tap": 401}, "WEIR_USER"), ({"tap": 404}, "it is no weir"), ({"tap": 503}, "answered 503")],
)
def test_what_refuses_is_said_and_not_tried_again(played, statuses, said):
    played.statuses = statuses
    done = run(played)
    assert done.returncode == 3 and said in done.stderr and done.stdout == ""
    assert len(played.requests) == 1


def test_nothing_listens_there():
    done = subprocess.run([WEIR, "tap", "--url", "http://127.0.0.1:1"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 3 and "no weir answers" in done.stderr


@pytest.mark.parametrize("words", [("--per-second", "0"), ("--per-second", "1001"), ("--rejected", "--all"), ("--count", "-1")])
def test_wrong_arguments(played, words):
    assert run(played, *words).returncode == 2
    assert played.requests == []


def test_it_ends_with_who_reads_it(played):
    with subprocess.Popen([WEIR, "tap", "--url", played.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        played.send(GOOD)
        assert b"cpu,host=a" in process.stdout.readline()
        process.stdout.close()  # as head does
        played.send(GOOD)
        assert process.wait(20) == 0


def test_a_real_weir_is_tapped(start_weir):
    weir = start_weir()
    url = f"http://{weir.announced['http'][0]}"
    with Terminal([WEIR, "tap", "--url", url, "--db", "my*", "--all"], columns=120) as terminal:
        def passes(screen):
            """Writes until the tap is there: what passed before is not seen."""
            weir.client.write("cpu,host= value=1\ncpu,host=a usage=1.5 1790000000000000000", "mydb")
            weir.client.write("cpu,host=b usage=1.5 1790000000000000000", "other")
            return "mydb cpu,host=a usage=1.5 1790000000000000000" in screen

        terminal.wait_for(passes)
        screen = terminal.wait_for("missing tag value")
        assert "rejected missing_tag_value from 127.0.0.1" in screen
        terminal.type("\x03")
        assert terminal.wait_exit() == 0
        assert "host=b" not in terminal.text() and "of them rejected" in terminal.text()


def test_only_what_a_real_weir_rejects(start_weir):
    weir = start_weir()
    url = f"http://{weir.announced['http'][0]}"
    with subprocess.Popen(
        [WEIR, "tap", "--url", url, "--rejected", "--json", "--count", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None:
            weir.client.write("cpu,host= value=1\ncpu,host=a usage=1.5", "mydb")
            time.sleep(0.05)  # until the tap is there: what passed before is not seen
        lines = [json.loads(line) for line in process.stdout.read().splitlines()]
    assert [line["code"] for line in lines] == ["missing_tag_value"] * 2
    assert all(line["verdict"] == "rejected" and line["column"] > 0 for line in lines)
