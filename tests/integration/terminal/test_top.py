# SPDX-License-Identifier: Apache-2.0
"""`weir top` on a terminal: drawn in place, and the terminal as it was before, whatever ends it."""

import os
import signal
import subprocess

import pytest

from harness.terminal import Terminal
from harness.terminal.played import HELD, PlayedWeir, status

WEIR = os.environ["WEIR_BINARY"]
ENTER, LEAVE = b"\x1b[?1049h\x1b[?25l", b"\x1b[?25h\x1b[?1049l"


@pytest.fixture
def played():
    with PlayedWeir() as server:
        yield server


def top(played, **options):
    return Terminal([WEIR, "top", "--url", played.url], **options)


def assert_left(terminal):
    assert terminal.raw.startswith(ENTER) and terminal.raw.count(LEAVE) == 1
    assert terminal.is_as_before()
    assert "weir 9.9.9" not in terminal.screen()  # the screen of before is back


def test_it_draws_a_screen_and_q_quits(played):
    with top(played) as terminal:
        screen = terminal.wait_for(lambda screen: fits(screen, 80, 24))
        lines = screen.splitlines()
        assert lines[0] == "weir 9.9.9 on weir-host (process 4711), up 1 d 3 h" and lines[1] == "well"
        screen = terminal.wait_for("█")
        assert "received    48.0k/s" in screen and "influx" in screen and "metrics" in screen
        played.set_status(status(**HELD))
        screen = terminal.wait_for("1 thing needs a person")
        assert "weir park retry" in screen and "missing_tag_value" in screen
        terminal.type("q")
        assert terminal.wait_exit() == 0
        assert_left(terminal)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(played, number):
    with top(played) as terminal:
        terminal.wait_for("q quits")
        assert not terminal.is_as_before()
        terminal.signal(number)
        assert terminal.wait_exit() == 0
        assert_left(terminal)


def test_ctrl_c_on_the_keyboard_ends_it(played):
    with top(played) as terminal:
        terminal.wait_for("q quits")
        terminal.type("\x03")
        assert terminal.wait_exit() == 0
        assert_left(terminal)


def fits(screen, columns, rows):
    lines = screen.splitlines()
    return len(lines) == rows and lines[-1].startswith("q quits") and all(len(line) <= columns for line in lines)


def test_it_follows_the_size_of_the_terminal(played):
    with top(played) as terminal:
        terminal.wait_for(lambda screen: fits(screen, 80, 24))
        terminal.resize(60, 16)
        terminal.signal(signal.SIGWINCH)
        terminal.raw = ENTER  # a drawing of the old size may be cut here: the next one covers it
        terminal.wait_for(lambda screen: fits(screen, 60, 16))


def test_it_says_that_the_connection_is_lost_and_comes_back(played):
    with top(played) as terminal:
        terminal.wait_for("q quits")
        port = played.port
        played.statuses["events"] = 503
        played.end_streams()
        terminal.wait_for("NO CONNECTION")
        assert "weir 9.9.9" in terminal.screen() and str(port) not in terminal.screen()
        played.statuses.clear()
        terminal.wait_for(lambda screen: "NO CONNECTION" not in screen and "q quits" in screen)
        terminal.type("q")
        assert terminal.wait_exit() == 0


def test_ctrl_z_gives_the_terminal_back_meanwhile(played):
    with top(played) as terminal:
        terminal.wait_for("q quits")
        terminal.signal(signal.SIGTSTP)
        terminal.wait_for(lambda _: LEAVE in terminal.raw)
        terminal.wait_for(lambda _: terminal.is_as_before())
        terminal.signal(signal.SIGCONT)
        terminal.wait_for(lambda _: terminal.raw.count(ENTER) == 2)
        terminal.wait_for("q quits")
        terminal.type("q")
        assert terminal.wait_exit() == 0


def test_a_dumb_terminal_gets_plain_screens(played):
    with top(played, kind="dumb") as terminal:
        terminal.wait_for(lambda _: terminal.raw.count(b"weir 9.9.9") > 2)
        assert b"\x1b" not in terminal.raw
        terminal.signal(signal.SIGINT)
        assert terminal.wait_exit() == 0


def test_no_color_still_draws_in_place(played):
    with top(played, env={"NO_COLOR": "1"}) as terminal:
        terminal.wait_for("q quits")
        assert b"\x1b[1;3" not in terminal.raw and b"\x1b[2m" not in terminal.raw and b"\x1b[H" in terminal.raw


def test_what_is_no_terminal_gets_a_screen_a_second(played):
    with subprocess.Popen([WEIR, "top", "--url", played.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        seen = b""
        while seen.count(b"weir 9.9.9") < 3:
            seen += process.stdout.read1()
        assert b"\x1b" not in seen
        process.stdout.close()  # as head does
        assert process.wait(20) == 0


def test_nothing_is_drawn_where_no_weir_answers(played):
    for url, statuses in (("http://127.0.0.1:1", {}), (played.url, {"status": 401})):
        played.statuses = statuses
        with Terminal([WEIR, "top", "--url", url]) as terminal:
            assert terminal.wait_exit() == 3
            assert ENTER not in terminal.raw and terminal.is_as_before()
            assert "weir top: " in terminal.text()
