# SPDX-License-Identifier: Apache-2.0
"""The whole kit on loopback, in one directory: begun, watched, ended. What it says to people is in run.py."""

import os
import pathlib
import shlex
import shutil

from .parts import PARTS
from .ports import choose

MARK = ".weir-kit"  # a directory that is the kit's, and may be removed


class Refused(Exception):
    """The kit cannot be started here; the message says why and what to do."""


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Kit:
    """Each start is from nothing: an alarm that compares with yesterday is none in a try."""

    def __init__(self, directory, any_ports=False):
        self.directory = pathlib.Path(directory)
        self.prepare()
        self.ports, self.displaced = choose(any_ports)
        self.parts = {}
        for make in PARTS:
            part = make(self.directory, self.ports)
            self.parts[part.name] = part
        self.flink = None

    def prepare(self):
        mark = self.directory / MARK
        if self.directory.exists() and any(self.directory.iterdir()):
            if not mark.exists():
                raise Refused(f"{self.directory} is no directory of the kit's; it is left alone")
            pid = int(mark.read_text() or 0)
            if pid and is_running(pid):
                raise Refused(f"a kit runs there already, as process {pid} (in {self.directory}): end it first")
            shutil.rmtree(self.directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        mark.write_text(str(os.getpid()))

    def start(self, tell=lambda part: None):
        for part in self.parts.values():
            part.start()
            tell(part)
        self.write_addresses()

    def write_addresses(self):
        """To be read by a shell."""
        names = {"weir": "WEIR", "influxdb": "INFLUXDB", "prometheus": "PROMETHEUS", "alertmanager": "ALERTMANAGER"}
        lines = [f"export {variable}={self.parts[name].url}\n" for name, variable in names.items()]
        lines += [f"export {variable}={shlex.quote(str(path))}\n" for variable, path in
                  (("WEIR_CONFIG", self.parts["weir"].config), ("WEIR_STANDIN", self.directory / "standin"))]
        made = self.directory / "addresses.new"
        made.write_text("".join(lines))
        made.rename(self.directory / "addresses")

    def processes(self):
        return [*self.parts.values(), *(self.flink.processes if self.flink else [])]

    def dead(self):
        """The first program that ended by itself; a TaskManager may."""
        return next((part for part in self.parts.values() if not part.running()), None)

    def stop(self):
        """Writers first, so that what they sent is delivered."""
        for process in reversed(self.processes()):
            if process.running():
                process.stop()
        (self.directory / MARK).write_text("")
