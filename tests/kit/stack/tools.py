# SPDX-License-Identifier: Apache-2.0
"""The programs of build/servers that judge a configuration, and the kit that they judge."""

import pathlib
import subprocess

from harness.fixtures import executable_from

ROOT = pathlib.Path(__file__).resolve().parents[3]
KIT = ROOT / "conf" / "kit"
FETCH = "run tests/servers/fetch.sh"


def server(path):
    return executable_from("WEIR_SERVERS", path, FETCH)


def run(executable, *arguments, cwd=KIT):
    """What it says, where it ends with 0."""
    done = subprocess.run([str(each) for each in (executable, *arguments)], cwd=cwd, capture_output=True, text=True, check=False,
                          timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def promtool(*arguments, cwd=KIT / "prometheus"):
    return run(server("prometheus/usr/bin/promtool"), *arguments, cwd=cwd)


def amtool(*arguments, cwd=KIT / "alertmanager"):
    return run(server("prometheus-alertmanager/usr/bin/amtool"), *arguments, cwd=cwd)


def weir(*arguments, cwd=KIT):
    return run(executable_from("WEIR_BINARY", "", "build it with ./dev build"), *arguments, cwd=cwd)
