# SPDX-License-Identifier: Apache-2.0
"""Long work says how far it has come: on a terminal, where nobody asked for quiet, and nowhere else."""

import subprocess

import pytest

from harness.letters import wait_kept
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import influx_sink, settings
from harness.terminal import Terminal

TIME = 1_700_000_000_000_000_000


@pytest.fixture
def weir(start_weir):
    """Points that were delivered and stay, and lines that were rejected: one can be sent again, and is rejected again."""
    with Scripted() as server:
        sink = influx_sink(server.url, create_databases=False)
        started = start_weir(settings(sink, log={"retain": "1h"}))
        for i in range(5):
            lines = "\n".join(f"cpu,host=a v={i}i {TIME + 1000 * i + n}" for n in range(1000))
            assert started.client.write(lines, "metrics").status == 204
        assert started.client.write("cpu,host= v=1\ncpu v=1 1586844081", "metrics").status == 400
        wait_kept(started, 2)
        wait_until(lambda: started.metrics().sum("weir_sink_delivered_points_total") == 5000, 10, "delivered")
        yield started


def command(weir, *words):
    return [weir.executable, *words[:2], "--config", weir.config_path, *map(str, words[2:])]


def works(weir):
    address = "{}:{}".format(*weir.client.address) if isinstance(weir.client.address, tuple) else weir.client.address
    return {
        "checking": (("log", "verify"), 0),
        "exporting": (("log", "export", "--out", weir.directory / "out.lp"), 0),
        "replaying": (("log", "replay", "--sink", "influx", "--from", "1h", "--to-database", "again"), 0),
        "replaying ": (("letters", "replay", "--url", f"http://{address}"), 1),
    }


@pytest.mark.parametrize("work", ["checking", "exporting", "replaying", "replaying "])
def test_on_a_terminal_there_is_one_line_that_goes_again(weir, work):
    words, status = works(weir)[work]
    with Terminal(command(weir, *words), cwd=weir.directory) as terminal:
        assert terminal.wait_exit() == status, terminal.text()
        drawn = [part for part in terminal.raw.decode().split("\r") if part.startswith(work)]
        assert drawn and all(part.rstrip("\n").endswith("\x1b[K") for part in drawn), terminal.raw
        assert "%" in drawn[0] and " of " in drawn[0]
        assert work.strip() not in terminal.screen()
        assert all(len(part) < 90 for part in drawn)


@pytest.mark.parametrize("work", ["checking", "exporting", "replaying", "replaying "])
@pytest.mark.parametrize("how", ["--quiet", "dumb", "pipe"])
def test_elsewhere_there_is_none(weir, work, how):
    words, status = works(weir)[work]
    line = command(weir, *words, *(["--quiet"] if how == "--quiet" else []))
    if how == "pipe":
        done = subprocess.run([str(part) for part in line], cwd=weir.directory, capture_output=True, timeout=60)
        code, said = done.returncode, done.stdout + done.stderr
    else:
        with Terminal(line, cwd=weir.directory, kind="dumb" if how == "dumb" else "xterm") as terminal:
            code = terminal.wait_exit()
            said = terminal.raw
    assert code == status, said
    assert b"\x1b[K" not in said and b"[###" not in said and work.encode() not in said.replace(b"the replaying", b"")


def test_what_is_printed_is_the_same_with_and_without(weir):
    words, _ = works(weir)["checking"]
    plain = subprocess.run([str(part) for part in command(weir, *words)], cwd=weir.directory, capture_output=True, text=True, timeout=60)
    with Terminal(command(weir, *words), cwd=weir.directory, columns=200) as terminal:
        terminal.wait_exit()
        shown = terminal.screen()
    # But for the seconds that it took.
    assert shown.split(" read in")[0] == plain.stdout.split(" read in")[0]
    assert shown.split(" s: ")[1] == plain.stdout.strip().split(" s: ")[1]


@pytest.mark.parametrize("quiet", [(), ("--quiet",)])
def test_load_says_how_far_it_is(weir, quiet):
    url = weir.client.address if isinstance(weir.client.address, str) else "{}:{}".format(*weir.client.address)
    line = [weir.executable, "load", "--url", f"http://{url}/write?db=load", "--rate", "2000", "--batch", "100", "--ring", "1MiB"]
    with Terminal([*line, "--duration", "1500ms", *quiet], columns=120) as terminal:
        if not quiet:
            terminal.wait_for(lambda _: " left\x1b[K" in terminal.raw.decode())
        assert terminal.wait_exit() == 0
        assert (b"lines/s  " in terminal.raw) == (not quiet), terminal.raw
