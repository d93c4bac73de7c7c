# SPDX-License-Identifier: Apache-2.0
"""A client's program: it is told on its standard input what to do, a line each time, and answers with one line:
`ok [WORDS]`, `none` (the client has no such thing) or `error WORDS` (what the client told its user)."""

import contextlib
import dataclasses
import os
import queue
import subprocess
import threading
import time


@dataclasses.dataclass
class Reply:
    kind: str  # ok, none, error
    words: str


class Pending:
    """A reply that is not there yet."""

    def __init__(self, program):
        self.program = program

    def done(self):
        return not self.program.replies.empty()

    def wait(self, seconds=90.0):
        try:
            text = self.program.replies.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no reply within {seconds} s; it said:\n{self.program.said()}") from None
        assert text is not None, f"the program ended; it said:\n{self.program.said()}"
        kind, _, words = text.partition(" ")
        return Reply(kind, words)


class Program:
    def __init__(self, command, folder, arguments, log_path, environment):
        self.log_path = log_path
        self.replies = queue.Queue()
        self._log = open(log_path, "wb")
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        """Clients, too, write to standard output: what is no reply is for the log."""
        for text in self.process.stdout:
            if text.split(" ")[0].strip() in ("ok", "none", "error"):
                self.replies.put(text.rstrip("\n"))
            elif not self._log.closed:
                self._log.write(text.encode())
                self._log.flush()
        self.replies.put(None)

    def said(self):
        return self.log_path.read_text(errors="replace")[-3000:]

    def begin(self, *words):
        """Tells it, and does not wait for the reply."""
        try:
            self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            time.sleep(0.2)  # for its last words
            raise AssertionError(f"the program ended; it said:\n{self.said()}") from None
        return Pending(self)

    def ask(self, *words, seconds=90.0):
        return self.begin(*words).wait(seconds)

    def end(self):
        """Its input ends, and so does it, with what it started."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self._log.close()
