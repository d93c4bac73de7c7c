# SPDX-License-Identifier: Apache-2.0
"""A real InfluxDB with weir before it, and what goes wrong there while a client writes: the log is full, weir restarts."""

import contextlib
import http.client
import re
import socket

from harness.process import wait_until
from harness.settings import influx_sink, settings, table

DATABASE = "clientdb"
FILLER = "filler"
LOG = {"keep": "8MiB", "segment": "1MiB", "compression": "none"}


class World:
    def __init__(self, influxd, start_weir, udp=False):
        self.influxd = influxd
        influxd.create_database(FILLER)
        config = settings(influx_sink(influxd.url, retry_most="200ms"), log=LOG, push={"database": DATABASE, "repeat": "0s"})
        if udp:
            config += table("[[udp]]", {"listen": "127.0.0.1:0", "database": DATABASE, "precision": "ms"})
        self.weir = start_weir(config)
        self.accepted_before = 0  # before it was last started
        # The same port after a restart.
        self.weir.configure(self.weir.config_path.read_text().replace("127.0.0.1:0", self.address, 1))

    @property
    def address(self):
        return self.weir.announced["http"][0]

    @property
    def host(self):
        return self.address.rsplit(":", 1)[0]

    @property
    def port(self):
        return int(self.address.rsplit(":", 1)[1])

    @property
    def url(self):
        return f"http://{self.address}"

    def environment(self):
        """Where a client that writes by UDP sends to."""
        return {"CLIENT_UDP": self.weir.announced["udp"][0]} if self.weir.announced.get("udp") else {}

    def wait(self, condition, what):
        return wait_until(condition, 60, what, self.weir.must_be_alive)

    def accepted(self):
        return self.accepted_before + self.weir.metrics().sum("weir_lines_accepted_total")

    def delivered(self):
        return self.weir.metrics().sum("weir_sink_delivered_points_total")

    def all_delivered(self):
        """What waits alone does not tell: a sink hears a moment later of what was accepted."""
        accepted = self.accepted()
        self.wait(lambda: self.delivered() >= accepted, "all delivered")

    def busy_answers(self):
        return self.weir.metrics().sum("weir_http_requests_total", status="503")

    @contextlib.contextmanager
    def full_log(self):
        """InfluxDB is gone, and weir has no room any more: it answers 503."""
        self.all_delivered()
        self.influxd.stop()
        connection = http.client.HTTPConnection(self.address, timeout=20)
        number, size = 0, 40_000
        while size > 0:
            body = f'filler text="{"x" * size}" {number}\n'
            connection.request("POST", f"/write?db={FILLER}", body)
            answer = connection.getresponse()
            answer.read()
            number += 1
            if answer.status == 503:
                size //= 200  # until not even a short line fits
        connection.close()
        yield
        self.influxd.start()
        self.all_delivered()

    @contextlib.contextmanager
    def stopped(self):
        """weir is gone. What is given waits until a client has tried in vain: once, or, where its user will be told,
        until it gave up."""
        self.accepted_before = self.accepted()
        self.weir.stop()
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.host, self.port))
            listener.listen()
            listener.settimeout(0.05)

            def tried(reply, wanted):
                try:
                    listener.accept()[0].close()
                    return wanted != "told" or reply.done()
                except TimeoutError:
                    return wanted != "lost" and reply.done()

            yield lambda *about: wait_until(lambda: tried(*about), 60, "a client's attempt")
        self.weir.start()

    def stored(self, database, measurement):
        return self.influxd.rows(f'SELECT * FROM "{measurement}"', database)

    def stored_in(self, database):
        """All its points."""
        measurements = [row["name"] for row in self.influxd.rows("SHOW MEASUREMENTS", database)]
        return sum(len(self.stored(database, each)) for each in measurements)


def says(words, pattern):
    return re.search(pattern, words, re.IGNORECASE | re.DOTALL) is not None
