# SPDX-License-Identifier: Apache-2.0
"""A real Flink for the kit, from tests/flink: with the reporters' configuration as it is shipped but for weir's address."""

import os
import pathlib
import shlex

from harness.flink.configuration import SHIPPED, replaced
from running.flink import Cluster, Distribution


def reporters(file_name, port):
    return replaced((SHIPPED / file_name).read_text(), ("8086", str(port)))


def start(kit, distribution):
    """A JobManager, two TaskManagers, a job over both."""
    flink = Distribution(pathlib.Path(distribution))
    kit.flink = Cluster(kit.directory / "flink", flink, flink.file_name, reporters(flink.file_name, kit.ports["weir"]), ("tm1", "tm2"))
    kit.flink.start()
    kit.flink.submit()
    for name, process in kit.flink.task_managers.items():
        (kit.flink.directory / f"{name}.pid").write_text(f"{process.pid}\n")
        write_script(kit.flink.directory / f"start-{name}", process)


def write_script(path, process):
    """Starts it again, for a shell: with the command and the environment that it runs with."""
    command = pathlib.Path(f"/proc/{process.pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    environment = [f"{key}={value}" for key, value in
                   (each.split("=", 1) for each in pathlib.Path(f"/proc/{process.pid}/environ").read_bytes().decode().split("\0") if each)
                   if key.startswith("FLINK_")]
    path.write_text(f"#!/bin/sh\n# Starts this TaskManager again.\ncd {shlex.quote(str(process.directory))}\n"
                    f"exec env {shlex.join(environment)} {shlex.join(command)}\n")
    os.chmod(path, 0o755)
