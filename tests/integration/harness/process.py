# SPDX-License-Identifier: Apache-2.0
"""A process under test: started, watched, stopped by its own id, its output kept in a file."""

import os
import pathlib
import signal
import subprocess
import time


class ProcessFailed(AssertionError):
    """The process ended, or did not get ready in time; the message has its last output."""


def wait_until(condition, seconds=20.0, what="the condition", alive=None, pause=0.01):
    """Polls, every `pause` seconds, until condition() is true and returns its value. `alive` may end the wait early."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if alive is not None:
            alive()
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(pause)


class Process:
    """One executable in its own directory. Subclasses say how it starts and when it is ready."""

    name = "process"

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log_path = self.directory / f"{self.name}.log"
        self.process = None

    def launch(self, command, env=None):
        assert self.process is None, f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.directory,
                env={**os.environ, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def must_be_alive(self):
        if not self.running():
            code = None if self.process is None else self.process.returncode
            raise ProcessFailed(f"{self.name} ended with {code}; its last output:\n{self.tail()}")

    def wait_ready(self, condition, seconds=20.0):
        try:
            return wait_until(condition, seconds, f"{self.name} ready", self.must_be_alive)
        except ProcessFailed:
            raise
        except AssertionError as error:
            raise ProcessFailed(f"{error}; last output:\n{self.tail()}") from error

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=20.0):
        """SIGTERM, then its exit code. Does nothing when it is not running."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait_exit(seconds)

    def kill(self):
        """SIGKILL: nothing of it is flushed or said goodbye to."""
        self.process.kill()
        return self.wait_exit(10)

    def wait_exit(self, seconds=20.0):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired as error:
            self.process.kill()
            self.process.wait(10)
            self.process = None
            raise ProcessFailed(
                f"{self.name} did not end within {seconds} s; last output:\n{self.tail()}"
            ) from error
        self.process = None
        return code

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def tail(self, lines=30):
        return "\n".join(self.log().splitlines()[-lines:])

    def status_kib(self, field):
        """A line of /proc/PID/status such as VmRSS or VmHWM (the most it ever was), in KiB."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise AssertionError(f"/proc/{self.pid}/status has no {field}")

    def rss_bytes(self):
        return self.status_kib("VmRSS") * 1024

    def peak_rss_bytes(self):
        return self.status_kib("VmHWM") * 1024

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))
