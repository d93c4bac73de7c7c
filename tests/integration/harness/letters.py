# SPDX-License-Identifier: Apache-2.0
"""The dead letters of a weir, as `weir letters` shows them."""

import json
import subprocess

from .process import wait_until


def letters(weir, *arguments, status=0):
    """`weir letters ...` with the configuration of `weir`: what it printed."""
    command = [weir.executable, "letters", *arguments, "--config", weir.config_path]
    done = subprocess.run(
        [str(part) for part in command],
        cwd=weir.directory,
        capture_output=True,
        timeout=60,
        check=False,
    )
    said = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    assert done.returncode == status, said
    return done.stdout.decode(errors="surrogateescape")


def listed(weir, *arguments):
    text = letters(weir, "list", "--json", "--limit", "0", *arguments)
    return [json.loads(line) for line in text.splitlines()]


def wait_kept(weir, count):
    """Letters are written after the answer, by a thread of their own."""
    wait_until(
        lambda: weir.metrics().sum("weir_letters_kept_total") >= count, what=f"{count} letters kept"
    )


def refused_text(weir, sink="influx"):
    """What the sink's server refused, as weir keeps it: comments with the server's words, then lines."""
    return (weir.directory / f"weir-data/refused/{sink}.lp").read_text()


def refused_lines(weir, sink="influx"):
    return [line for line in refused_text(weir, sink).splitlines() if not line.startswith("#")]
