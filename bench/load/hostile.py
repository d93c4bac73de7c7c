#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What hostile clients cost a good one: its p99 while they are at work, beside what it is without them.

The good client sends one line at a time over one connection, at a steady pace, and takes the time of each answer.
Hostile clients are a process of their own. Each kind gets a fresh weir, and is measured once before they come and once
while they are there, in each round; bench/README.md says what it means. It fails when the median p99 beside one of them is
above twice the undisturbed one and above 2 ms. The standard library and openssl's command only.
"""

import argparse
import contextlib
import gzip
import itertools
import json
import pathlib
import resource
import selectors
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

from compare import Failed, Running

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINE = b"load,host=host_1,region=eu-central-1 usage_user=%d"
LIMIT_S = 0.002
# As many as fit beside the good client and its questions into `http.connections` (10,000).
IDLE, SLOW, HANDSHAKES = 9_900, 1_000, 1_000


# --- hostile clients


class Crowd:
    """Connections from addresses of their own, so that no limit of an address stops them; one that ends comes again."""

    def __init__(self, address, count):
        host, _, port = address.rpartition(":")
        self.target = (host, int(port))
        self.selector = selectors.DefaultSelector()
        self.sources = itertools.cycle(f"127.1.{number // 250}.{number % 250 + 1}" for number in range(5_000))
        self.open = set()
        for _ in range(count):
            self.connect()

    def connect(self):
        one = socket.socket()
        one.bind((next(self.sources), 0))
        one.connect(self.target)
        one.setblocking(False)
        self.selector.register(one, selectors.EVENT_READ)
        self.open.add(one)
        return one

    def replace(self, one):
        self.selector.unregister(one)
        self.open.discard(one)
        one.close()
        with contextlib.suppress(OSError):
            self.connect()

    def look(self, seconds):
        """Takes what the server says; what it ends is replaced."""
        for key, _ in self.selector.select(seconds):
            with contextlib.suppress(BlockingIOError):
                try:
                    if key.fileobj.recv(4096):
                        continue
                except ConnectionError:
                    pass
                self.replace(key.fileobj)

    def send(self, one, data):
        with contextlib.suppress(BlockingIOError):
            try:
                one.send(data)
            except ConnectionError:
                self.replace(one)


def trickle(crowd, text, a_second):
    """Each connection gets `text` byte by byte, `a_second` bytes of all connections together."""
    at = {}
    for turn in itertools.count():
        began = time.monotonic()
        for each in list(crowd.open)[turn % 10 :: 10]:
            place = at.get(each, 0)
            crowd.send(each, text[place : place + 1])
            at[each] = (place + 1) % len(text)
        at = {each: place for each, place in at.items() if each in crowd.open}
        pause = len(crowd.open) / 10 / a_second - (time.monotonic() - began)
        crowd.look(max(0.0, pause))
        yield


def be_idle(address):
    crowd = Crowd(address, IDLE)
    while True:
        crowd.look(0.1)
        yield


def be_slow(address):
    head = b"POST /write?db=slow HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n"
    yield from trickle(Crowd(address, SLOW), head + b"slow value=1\n" * 1_000, SLOW)


def client_hello():
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def be_shaking(address):
    """Half of them come byte by byte; half ask, get the server's answer, and say nothing more."""
    hello = client_hello()
    crowd = Crowd(address, HANDSHAKES // 2)
    asking = Crowd(address, HANDSHAKES // 2)
    for each in asking.open:
        asking.send(each, hello)
    for _ in trickle(crowd, hello, HANDSHAKES):
        known = set(asking.open)
        asking.look(0)
        for each in asking.open - known:
            asking.send(each, hello)
        yield


def be_no_tls(address):
    """A hundred times a second somebody connects and says what is no TLS."""
    crowd = Crowd(address, 0)
    while True:
        crowd.send(crowd.connect(), b"GET / HTTP/1.1\r\n\r\n")
        crowd.look(0.01)
        yield


def be_coming(address):
    """Five hundred connections a second that are ended at once."""
    crowd = Crowd(address, 0)
    while True:
        for _ in range(5):
            one = crowd.connect()
            crowd.selector.unregister(one)
            crowd.open.discard(one)
            one.close()
        crowd.look(0.01)
        yield


def sending(address, data, a_second):
    """The same again and again, so many times a second, each on a connection of its own."""
    host, _, port = address.rpartition(":")
    while True:
        began = time.monotonic()
        with socket.socket() as one, contextlib.suppress(OSError):
            one.settimeout(10)
            one.connect((host, int(port)))
            one.sendall(data)
            one.recv(4096)
        time.sleep(max(0.0, 1 / a_second - (time.monotonic() - began)))
        yield


def posting(address, body, more, a_second):
    head = b"POST /write?db=bad HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n" % (len(body), more)
    yield from sending(address, head + body, a_second)


def be_inflating(address):
    """24 MB of one byte, in 24 kB."""
    yield from posting(address, gzip.compress(b"x" * 24_000_000), b"Content-Encoding: gzip\r\n", 5)


def be_wrong(address):
    """Bodies of nothing but mistakes."""
    yield from posting(address, b'bad, tag=1 value="open\n' * 10_000, b"", 5)


def be_endless(address):
    """A line that is as long as a body may be."""
    yield from posting(address, b"a" * 20_000_000, b"", 2)


def be_all_head(address):
    """Heads without an end."""
    yield from sending(address, b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 20_000, 50)


PLAIN = {
    "idle": (be_idle, f"{IDLE:,} idle connections"),
    "slow": (be_slow, f"{SLOW:,} connections that send a byte a second each"),
    "coming": (be_coming, "500 connections a second that end at once"),
    "heads": (be_all_head, "50 endless heads a second"),
    "wrong": (be_wrong, "5 bodies of 10,000 wrong lines a second"),
    "inflating": (be_inflating, "5 bodies a second that inflate to 24 MB"),
    "endless": (be_endless, "2 lines of 20 MB a second"),
}
OVER_TLS = {
    "handshakes": (be_shaking, f"{HANDSHAKES:,} TLS handshakes that never end"),
    "no_tls": (be_no_tls, "100 connections a second that speak no TLS"),
}
KINDS = PLAIN | OVER_TLS


def be(kind, address, share):
    """Of the process of hostile clients: until its standard input ends."""
    global IDLE, SLOW, HANDSHAKES
    IDLE, SLOW, HANDSHAKES = (int(count * share) for count in (IDLE, SLOW, HANDSHAKES))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    work = KINDS[kind][0](address)
    next(work)
    print("there", flush=True)
    end = selectors.DefaultSelector()
    end.register(sys.stdin, selectors.EVENT_READ)
    while not end.select(0):
        next(work)


# --- the good client


class Good:
    def __init__(self, address, authority):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if authority:
            context = ssl.create_default_context(cafile=authority)
            context.check_hostname = False
            self.socket = context.wrap_socket(self.socket)
        self.sent = 0

    def p99(self, seconds, a_second):
        """Seconds, from when a request was due, so that those that wait behind a slow one count."""
        times = []
        begin = time.monotonic()
        for number in range(int(seconds * a_second)):
            due = begin + number / a_second
            time.sleep(max(0.0, due - time.monotonic()))
            body = LINE % self.sent
            self.socket.sendall(b"POST /write?db=good HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
            answer = self.socket.recv(65536)
            if not answer.startswith(b"HTTP/1.1 204"):
                raise Failed(f"the good client was answered {answer!r}")
            times.append(time.monotonic() - due)
            self.sent += 1
        return sorted(times)[int(len(times) * 0.99)]


def certificate(directory):
    pem, key = directory / "cert.pem", directory / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", *words.split(), "-keyout", key, "-out", pem], check=True, capture_output=True
    )
    return pem, key


def measure(options, kind):
    """p99 of the good client without and with hostile ones, seconds."""
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as name:
        directory = pathlib.Path(name)
        tls, authority = "", None
        if kind in OVER_TLS:
            authority, key = certificate(directory)
            tls = f'tls = {{ certificate = "{authority}", key = "{key}" }}\n'
        config, announced = directory / "weir.toml", directory / "announced.json"
        config.write_text(
            f'[http]\nlisten = ["127.0.0.1:0"]\n{tls}[log]\ntype = "local"\ndirectory = "log"\n'
            '[[sink]]\nname = "nowhere"\ntype = "null"\n'
        )
        weir = Running("weir", [options.weir, "run", "--config", config, "--announce", announced], directory)
        hostile = None
        try:
            weir.wait_for(announced.exists)
            address = json.loads(announced.read_text())["http"][0]
            good = Good(address, authority)
            good.p99(0.5, options.rate)  # its first requests
            before = good.p99(options.seconds, options.rate)
            hostile = subprocess.Popen(
                [sys.executable, __file__, "--be", kind, "--share", str(options.share), address],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            if hostile.stdout.readline() != b"there\n":
                raise Failed(f"the hostile clients ({kind}) did not come")
            return before, good.p99(options.seconds, options.rate)
        finally:
            if hostile:
                hostile.stdin.close()
                hostile.wait(20)
                hostile.stdout.close()
            weir.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/release/weir")
    parser.add_argument("--only", nargs="+", choices=list(KINDS), default=list(KINDS), metavar="KIND")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--rate", type=float, default=400, help="requests of the good client a second")
    parser.add_argument("--share", type=float, default=1, help="of the hostile connections that stay")
    parser.add_argument("--smoke", action="store_true", help="once, short, with few of them, and without a verdict")
    parser.add_argument("--be", choices=list(KINDS), help=argparse.SUPPRESS)
    parser.add_argument("address", nargs="?", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.weir = options.weir.resolve()
    if options.be:
        be(options.be, options.address, options.share)
        return 0
    if options.smoke:
        options.rounds, options.seconds, options.share = 1, 0.2, 0.02
    measured = {kind: [] for kind in options.only}
    for _ in range(options.rounds):
        for kind in options.only:
            measured[kind].append(measure(options, kind))
    verdict = 0
    print(f"{'p99, ms (medians)':50} {'without':>8} {'with':>8}")
    for kind, pairs in measured.items():
        before, beside = (statistics.median(each) for each in zip(*pairs))
        late = beside > max(2 * before, LIMIT_S) and not options.smoke
        verdict = 1 if late else verdict
        print(f"{KINDS[kind][1]:50} {before * 1e3:8.2f} {beside * 1e3:8.2f}{'  TOO LATE' if late else ''}")
    return verdict


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"hostile: {failure}")
