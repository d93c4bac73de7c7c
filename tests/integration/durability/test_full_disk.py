# SPDX-License-Identifier: Apache-2.0
"""The disk is full while nothing can be delivered: that heals as soon as the server is back, without a byte
of room for anything that weir keeps beside the log. Needs a file system of its own, and so the right to mount."""

import random
import subprocess

import pytest
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import influx_sink, settings


@pytest.fixture
def small_disk(tmp_path):
    """A directory on an ext4 of 24 MiB."""
    image, mounted = tmp_path / "disk", tmp_path / "mounted"
    mounted.mkdir()
    with open(image, "wb") as file:
        file.truncate(24 << 20)
    for command in (
        ["mkfs.ext4", "-q", "-m", "0", image],
        ["mount", "-o", "loop", image, mounted],
    ):
        try:
            done = subprocess.run(command, capture_output=True, timeout=60)
        except FileNotFoundError:
            pytest.skip(f"no {command[0]} here")
        if done.returncode != 0:
            pytest.skip(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
    yield mounted
    subprocess.run(["umount", "--lazy", mounted], timeout=60)


def time(number, i):
    return 1_700_000_000_000_000_000 + number * 1_000_000 + i


def body(number, rng):
    words = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=60_000))
    lines = (f'm,n={number} t="{words[i : i + 600]}" {time(number, i)}' for i in range(0, 60_000, 600))
    return "\n".join(lines)


def fill(weir, rng, until=2000):
    """Writes until the disk is full; how many bodies were taken."""
    for number in range(until):
        answer = weir.client.request("POST", "/write", {"db": f"d{number % 7}"}, body(number, rng))
        if answer.status == 503:
            return number
        assert answer.status == 204, answer.text()[:300]
    raise AssertionError("the disk was never full")


@pytest.mark.parametrize("restart", [False, True])
def test_a_full_disk_heals(small_disk, make_weir, restart):
    down = [True]
    with Scripted(lambda path, params, lines: (503, {}, b"down") if down[0] else None) as server:
        sink = influx_sink(server.url, create_databases=False)
        weir = make_weir(
            settings(
                sink,
                log={"directory": str(small_disk / "log"), "keep": "1GiB", "segment": "1MiB"},
                service={"drain_timeout": "1s"},
            )
        ).start()
        taken = fill(weir, random.Random(1))
        assert taken > 100
        # The last block of it goes, too.
        with open(small_disk / "filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"x" * 512):
                    pass
            except OSError:
                pass
        if restart:
            weir.stop()
            weir.start()
        down[0] = False
        wait_until(
            lambda: weir.metrics().sum("weir_sink_pending_points", sink="influx") == 0,
            30,
            "everything delivered",
            weir.must_be_alive,
        )
        assert sum(len(lines) for lines in server.stored.values()) >= taken * 100
        wait_until(lambda: weir.metrics().sum("weir_log_segments") <= 2, 10, "the log released")
        assert weir.metrics().sum("weir_sink_cursor_failures_total") == 0
        answer = weir.client.request("POST", "/write", {"db": "d0"}, f"m v=1 {time(0, 0)}")
        assert answer.status == 204, answer.text()
