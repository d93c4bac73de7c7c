# SPDX-License-Identifier: Apache-2.0
"""The man pages that the program writes of itself."""

import os
import re
import shutil
import subprocess

import pytest

from harness.terminal.commands import command_names, help_of

WEIR = os.environ["WEIR_BINARY"]


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man") / "man1"
    done = run(WEIR, "manual", folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return {path.stem: path for path in folder.iterdir()}


def plain(page):
    """As a person reads it, words without hyphenation."""
    if shutil.which("mandoc"):
        text = run("mandoc", "-Tutf8", "-Owidth=1000", page).stdout
    elif shutil.which("groff"):
        text = run("groff", "-man", "-Tutf8", "-P-cbou", "-rLL=1000n", "-rHY=0", page).stdout
    else:
        pytest.skip("neither mandoc nor groff is installed")
    return re.sub(".\b", "", text)


def test_every_command_has_one(pages):
    assert set(pages) == {"weir", *(f"weir-{name}" for name in command_names())}
    assert len(pages) > 12


@pytest.mark.parametrize("name", ["weir", *(f"weir-{name}" for name in command_names())])
def test_it_has_every_section_and_option(pages, name):
    text = plain(pages[name])
    for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO"):
        assert f"\n{section}\n" in text, section
    assert re.search(rf"^ +{name} [-–—] \S", text, re.M)
    words = name.split("-")[1:]
    _, below, options, examples = help_of(*words)
    for each in below if words else []:
        assert f"weir {words[0]} {each}" in text
        options = options + help_of(*words, each)[2]
    for option in options:
        assert option in text, option
    if "--config" in text and name != "weir":
        assert "WEIR_CONFIG" in text and "/etc/weir/weir.toml" in text
    # Examples are whole lines, as they are typed.
    for line in examples:
        assert line.split("\\")[0].strip() in text, line


@pytest.mark.parametrize("name", ["weir", *(f"weir-{name}" for name in command_names())])
def test_formatters_have_nothing_to_say(pages, name):
    if shutil.which("groff"):
        done = run("groff", "-man", "-ww", "-Tutf8", pages[name])
        assert done.stderr == ""
    if shutil.which("mandoc"):
        done = run("mandoc", "-Tlint", "-Wstyle", pages[name])
        # A date would be that of the build, and two builds of one source would differ.
        left = [line for line in done.stdout.splitlines() if "missing date" not in line]
        assert left == []


def test_man_shows_it(pages):
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    done = subprocess.run(
        ["man", "--warnings", "-l", str(pages["weir-explain"])],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "MANPAGER": "cat", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
    )
    if "man pages" in done.stdout and "minimized" in done.stdout:
        pytest.skip("this system's man is a stub")
    assert done.returncode == 0 and done.stderr == ""
    assert "WEIR-EXPLAIN(1)" in done.stdout


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    done = run(WEIR, "manual", tmp_path / "file" / "below")
    assert done.returncode == 1 and "weir manual: " in done.stderr and "file" in done.stderr
