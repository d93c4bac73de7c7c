# SPDX-License-Identifier: Apache-2.0
"""Those who watch /api/weir/v1/events: what they get and when, that they cost no one anything who do not read,
and that they are in nobody's way when weir reloads or ends."""

import contextlib
import json
import os
import signal
import socket
import time

from harness.process import wait_until
from harness.settings import file_sink, null_sink, settings

EVENTS = "/api/weir/v1/events"


class Watcher:
    """A stream that is read by hand."""

    def __init__(self, weir, path=EVENTS, receive_buffer=None, unix_path=None):
        host, port = weir.client.address.rsplit(":", 1)
        self.socket = socket.socket(socket.AF_UNIX if unix_path else socket.AF_INET)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(20)
        self.socket.connect(str(unix_path) if unix_path else (host, int(port)))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {weir.client.address}\r\n\r\n".encode())
        self.stream = self.socket.makefile("rb")

    def head(self):
        status = int(self.stream.readline().split()[1])
        headers = {}
        while (line := self.stream.readline()) != b"\r\n":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers

    def chunks(self):
        """The body's pieces, until its end."""
        while size := int(self.stream.readline(), 16):
            yield self.stream.read(size)
            assert self.stream.readline() == b"\r\n"

    def events(self):
        text = b""
        for piece in self.chunks():
            text += piece
            while b"\n\n" in text:
                event, text = text.split(b"\n\n", 1)
                fields = [line for line in event.decode().split("\n") if not line.startswith((":", "retry:"))]
                assert fields[0] == "event: status"
                yield json.loads(fields[1].removeprefix("data: "))

    def close(self):
        self.stream.close()
        self.socket.close()


@contextlib.contextmanager
def watching(weir, **options):
    watcher = Watcher(weir, **options)
    try:
        yield watcher
    finally:
        watcher.close()


def test_a_change_is_seen_within_two_seconds(start_weir):
    weir = start_weir(settings(null_sink()))
    with watching(weir) as watcher:
        status, headers = watcher.head()
        assert status == 200
        assert headers["content-type"] == "text/event-stream"
        assert headers["cache-control"] == "no-store"
        events = watcher.events()
        assert next(events)["totals"]["received"] == 0
        assert weir.client.write("cpu value=1", "mydb").status == 204
        written = time.monotonic()
        seen = [next(events)["totals"]["received"] for _ in range(2)]
        assert seen[-1] == 1
        assert time.monotonic() - written < 4, "two events take two seconds; the machine may be busy"
        times = [next(events)["now"] for _ in range(3)]
        assert all(0.5 < later - earlier < 2.5 for earlier, later in zip(times, times[1:])), times


def test_many_see_the_same_document(start_weir):
    weir = start_weir(settings(null_sink()))
    with contextlib.ExitStack() as open_ones:
        streams = []
        for _ in range(5):
            watcher = open_ones.enter_context(watching(weir))
            assert watcher.head()[0] == 200
            streams.append(watcher.events())
        for stream in streams:
            next(stream)  # each its own, of when it came
        seen = [{next(stream)["now"] for _ in range(4)} for stream in streams]
        assert set.intersection(*seen), "made once for all"


def test_so_many_and_no_more(start_weir):
    weir = start_weir(settings(null_sink()))
    with contextlib.ExitStack() as open_ones:
        for _ in range(64):
            assert open_ones.enter_context(watching(weir)).head()[0] == 200
        refused = weir.client.get(EVENTS)
        assert refused.status == 503
        assert "64" in refused.json()["error"]
        assert weir.client.get("/api/weir/v1/status").status == 200
    wait_until(lambda: watched_once(weir), what="a place that is free again")


def watched_once(weir):
    with watching(weir) as watcher:
        return watcher.head()[0] == 200


def test_a_reload_ends_the_streams(start_weir):
    weir = start_weir(settings(null_sink()))
    with watching(weir) as watcher:
        assert watcher.head()[0] == 200
        events = watcher.events()
        next(events)
        assert weir.client.request("POST", "/-/reload").status == 200
        wait_until(lambda: next(events, None) is None, what="the stream's orderly end")
    with watching(weir) as watcher:
        assert watcher.head()[0] == 200
        next(watcher.events())


def test_weir_ends_although_it_is_watched(start_weir):
    weir = start_weir(settings(file_sink()) + '\n[service]\ndrain_timeout = "20s"\n')
    with contextlib.ExitStack() as open_ones:
        streams = []
        for _ in range(5):
            watcher = open_ones.enter_context(watching(weir))
            assert watcher.head()[0] == 200
            streams.append(watcher.events())
            next(streams[-1])
        mute = open_ones.enter_context(watching(weir, receive_buffer=4096))
        assert mute.head()[0] == 200
        began = time.monotonic()
        os.kill(weir.announced["pid"], signal.SIGTERM)
        for stream in streams:
            for _ in stream:
                pass  # ends as it should: with the last chunk
        assert weir.wait_exit(20) == 0
        assert time.monotonic() - began < 8, "it does not wait for watchers"


def write_long_names(weir):
    """Documents of some 80 KiB: each byte of these names is six in JSON."""
    for number in range(50):
        assert weir.client.write("cpu value=1", f"{number:03}" + "<" * 250).status == 204


def test_weir_does_not_wait_for_who_does_not_read(make_weir, tmp_path):
    """A socket whose buffer is full of documents that nobody reads."""
    weir = make_weir()
    path = tmp_path / "socket"
    http = {"listen": ["127.0.0.1:0", f"unix:{path}"]}
    weir.configure(settings(null_sink(), http=http, service={"drain_timeout": "1m"}))
    weir.start()
    write_long_names(weir)
    with watching(weir, unix_path=path), watching(weir) as reader:
        assert reader.head()[0] == 200
        events = reader.events()
        for _ in range(8):  # five of them are more than the socket takes
            next(events)
        began = time.monotonic()
        os.kill(weir.announced["pid"], signal.SIGTERM)
        assert weir.wait_exit(40) == 0
        assert time.monotonic() - began < 15, "it does not wait half of drain_timeout"


def test_watchers_that_do_not_read_cost_nothing(start_weir):
    weir = start_weir(settings(null_sink(), limits={"memory": "64MiB"}))
    write_long_names(weir)
    with contextlib.ExitStack() as open_ones:
        for _ in range(20):
            open_ones.enter_context(watching(weir, receive_buffer=2048))
        used = []
        with watching(weir) as reader:
            assert reader.head()[0] == 200
            events = reader.events()
            for _ in range(8):
                used.append(next(events)["memory"]["used_bytes"])
        assert max(used) < 16 << 20, used
        assert used[-1] <= 2 * max(used[3], 1 << 20), used
        assert weir.client.write("cpu value=1", "mydb").status == 204


def test_an_idle_timeout_does_not_end_it(start_weir):
    weir = start_weir(settings(null_sink(), http={"idle_timeout": "1s", "body_timeout": "1s", "head_timeout": "1s"}))
    with watching(weir) as watcher:
        assert watcher.head()[0] == 200
        events = watcher.events()
        began = next(events)["now"]
        wait_until(lambda: next(events)["now"] - began > 3, what="events for longer than every timeout")
