# SPDX-License-Identifier: Apache-2.0
"""A terminal for programs: a pty of a size, what is typed there, and what a person would see on it."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unicodedata

SEQUENCE = re.compile(r"\x1b(?:\[([0-9;?]*)([A-Za-z])|[()][A-Z0-9]|[=>78])")


class Terminal:
    """Runs `command` on a pty; `screen()` is what stands there, `raw` all that came."""

    def __init__(self, command, columns=80, rows=24, env=None, cwd=None, kind="xterm-256color", **options):
        self.columns, self.rows = columns, rows
        self.controller, inner = pty.openpty()
        self.resize(columns, rows)
        environment = {**os.environ, "TERM": kind, "LC_ALL": "C.UTF-8", **(env or {})}
        streams = {"stdin": inner, "stdout": inner, "stderr": inner, **options}
        self.settings = termios.tcgetattr(inner)  # before the program changes them
        self.process = subprocess.Popen(
            [str(part) for part in command],
            env={key: value for key, value in environment.items() if value is not None},
            cwd=cwd,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            **streams,
        )
        self.inner = inner
        self.raw = b""

    def resize(self, columns, rows):
        self.columns, self.rows = columns, rows
        fcntl.ioctl(self.controller, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, text):
        os.write(self.controller, text.encode())

    def read(self, seconds=0.05):
        """What came within a while."""
        while select.select([self.controller], [], [], seconds)[0]:
            try:
                piece = os.read(self.controller, 65536)
            except OSError:  # the other side is closed
                return
            if not piece:
                return
            self.raw += piece
            seconds = 0

    def wait_for(self, seen, seconds=20.0):
        """Until `seen(screen)` holds, or the text stands on the screen."""
        wanted = (lambda screen: seen in screen) if isinstance(seen, str) else seen
        end = time.monotonic() + seconds
        while True:
            self.read()
            if wanted(self.screen()):
                return self.screen()
            assert time.monotonic() < end, f"not seen: {seen}\n{self.screen()}\n{self.raw[-3000:]!r}"

    def wait_exit(self, seconds=20.0):
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            self.read()
            assert time.monotonic() < end, f"still running\n{self.screen()}"
        self.read()
        return self.process.returncode

    def signal(self, number):
        self.process.send_signal(number)

    def is_as_before(self):
        """The terminal's own settings are what they were before the program."""
        return termios.tcgetattr(self.inner) == self.settings

    def text(self):
        """All that was ever written, without sequences."""
        return SEQUENCE.sub("", self.raw.decode(errors="replace")).replace("\r\n", "\n")

    def screen(self):
        return "\n".join(draw(self.raw.decode(errors="replace"), self.columns, self.rows)).rstrip("\n")

    def close(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.controller)
        os.close(self.inner)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def width(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Cells:
    """A screen of cells: as much of a terminal as weir's sequences need."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.main = None
        self.clear()

    def clear(self):
        self.cells = [[" "] * self.columns for _ in range(self.rows)]
        self.row = self.column = 0

    def put(self, character):
        wide = width(character)
        if wide == 0:
            return
        if self.column + wide > self.columns:
            self.column = 0
            self.feed()
        self.cells[self.row][self.column] = character
        for offset in range(1, wide):
            self.cells[self.row][self.column + offset] = ""
        self.column += wide

    def feed(self):
        self.row += 1
        if self.row == self.rows:
            self.cells = self.cells[1:] + [[" "] * self.columns]
            self.row -= 1

    def control(self, numbers, letter):
        first = int(numbers.split(";")[0] or 0) if not numbers.startswith("?") else 0
        if letter == "H":
            parts = [int(part or 1) for part in (numbers or "1;1").split(";")]
            self.row = min(parts[0], self.rows) - 1
            self.column = min(parts[1] if len(parts) > 1 else 1, self.columns) - 1
        elif letter == "J":
            for row in range(self.row if first == 0 else 0, self.rows):
                start = self.column if row == self.row and first == 0 else 0
                self.cells[row][start:] = [" "] * (self.columns - start)
        elif letter == "K":
            start = self.column if first == 0 else 0
            self.cells[self.row][start:] = [" "] * (self.columns - start)
        elif letter == "A":
            self.row = max(0, self.row - max(1, first))
        elif numbers == "?1049" and letter == "h":
            self.main = (self.cells, self.row, self.column)
            self.clear()
        elif numbers == "?1049" and letter == "l" and self.main:
            self.cells, self.row, self.column = self.main


def draw(text, columns, rows):
    """The rows of a screen after `text`."""
    screen = Cells(columns, rows)
    at = 0
    while at < len(text):
        found = SEQUENCE.match(text, at)
        if found:
            screen.control(found.group(1) or "", found.group(2) or "")
            at = found.end()
            continue
        character = text[at]
        at += 1
        if character == "\n":
            screen.feed()
        elif character == "\r":
            screen.column = 0
        elif character == "\b":
            screen.column = max(0, screen.column - 1)
        elif ord(character) >= 0x20:
            screen.put(character)
    return ["".join(row).rstrip() for row in screen.cells]
