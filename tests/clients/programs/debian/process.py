# SPDX-License-Identifier: Apache-2.0
"""What the programs share that start a server of Debian's and feed it."""

import atexit
import os
import socket
import subprocess
import time
import urllib.request

TOOL = os.environ["CLIENT_TOOL"]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def start(*arguments):
    """It ends with this program. What it says is for the log, not for who reads the replies."""
    process = subprocess.Popen([TOOL, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=2)

    def end():
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()

    atexit.register(end)
    return process


def get(url, body=None):
    with urllib.request.urlopen(url, body, 10) as answer:
        return answer.read().decode()


def answers(url):
    """Waits until it does."""
    for _ in range(400):
        try:
            return get(url)
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"{url} does not answer")
