# SPDX-License-Identifier: Apache-2.0
"""`weir load` as the tests start it."""

import json
import subprocess

from .fixtures import executable_from


def command(*arguments):
    binary = executable_from("WEIR_BINARY", "", "build it with ./dev build")
    return [str(part) for part in (binary, "load", *arguments)]


def load(*arguments, seconds=60):
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, check=False, timeout=seconds
    )


def summary_of(*arguments, code=0):
    done = load(*arguments, "--json")
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout)


def url_of(address, db="bench"):
    return f"http://{address}/write?db={db}"
