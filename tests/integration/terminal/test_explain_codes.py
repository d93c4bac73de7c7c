# SPDX-License-Identifier: Apache-2.0
"""`weir explain CODE` beside `weir explain LINE`."""

import os
import re
import subprocess

import pytest

from harness.terminal import Terminal

WEIR = os.environ["WEIR_BINARY"]


def explain(*words, **options):
    return subprocess.run([WEIR, "explain", *words], capture_output=True, text=True, timeout=60, **options)


def test_every_code_of_the_list_has_a_page():
    listed = explain("--list")
    assert listed.returncode == 0
    codes = re.findall(r"^  ([a-z0-9_]+) ", listed.stdout, re.M)
    assert len(codes) > 130 and {"precision_mistaken", "missing_tag_key", "decimal_comma"} <= set(codes)
    for code in ("precision_mistaken", "missing_tag_key", "decimal_comma", codes[-1]):
        page = explain(code)
        assert page.returncode == 0 and page.stderr == ""
        assert page.stdout.startswith(code + ": ") and "\nWhat to do\n" in page.stdout


def test_what_a_write_is_answered_can_be_explained(start_weir):
    weir = start_weir()
    answer = weir.client.write("cpu,host= value=1\ncpu value=1 1586844081", "mydb", {"X-Weir-Verbose": "true"})
    codes = set(re.findall(r'"code":"([a-z_]+)"', answer.text()))
    assert codes == {"missing_tag_value", "precision_mistaken"}, answer.text()
    for code in codes:
        assert explain(code).returncode == 0


@pytest.mark.parametrize(
    "word, said",
    [
        ("precision_mistakn", "did you mean precision_mistaken"),
        ("retention", "beyond_retention or retention_clamped"),
        ("cpu", "a line has fields"),
        ("\x1b[31mred", "red"),
    ],
)
def test_a_word_that_is_no_code(word, said):
    done = explain(word)
    assert done.returncode == 2 and done.stdout == ""
    assert said.lower() in done.stderr.lower() and "\x1b" not in done.stderr


def test_a_line_is_still_a_line(tmp_path):
    config = tmp_path / "weir.toml"
    config.write_text('[[sink]]\nname = "p"\ntype = "remote_write"\nurl = "http://127.0.0.1:1/api/v1/write"\n')
    done = explain("--config", config, "cpu,host=a usage=1.5")
    assert done.returncode == 0 and 'cpu_usage{db="mydb", host="a"}' in done.stdout.replace("database", "db"), done.stdout
    # Without an argument, and as several lines, as before.
    done = explain("--config", config, input="cpu,host=a usage=1.5\n")
    assert done.returncode == 0 and "sink p:" in done.stdout
    done = explain("--config", config, "cpu usage=1", "mem free=2")
    assert done.returncode == 0 and "mem" in done.stdout
    # A line with a mistake is none the less no code.
    assert explain("--config", config, "cpu,host=a").returncode == 1


def test_a_list_takes_nothing_else():
    assert explain("--list", "precision_mistaken").returncode == 2


@pytest.mark.parametrize("env, kind, coloured", [({}, "xterm", True), ({"NO_COLOR": "1"}, "xterm", False), ({}, "dumb", False)])
def test_colours_are_for_terminals_that_want_them(env, kind, coloured):
    with Terminal([WEIR, "explain", "decimal_comma"], env={"NO_COLOR": None, **env}, kind=kind, columns=100) as terminal:
        assert terminal.wait_exit() == 0
        assert (b"\x1b[" in terminal.raw) == coloured
        assert "disk used=71.5" in terminal.text()
    assert "\x1b" not in explain("decimal_comma").stdout
