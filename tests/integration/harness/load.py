# SPDX-License-Identifier: Apache-2.0
"""Writers that send numbered lines and remember which of them were acknowledged."""

import http.client
import threading

# Each number has a time of its own, so no two points fall together; 2020-09-13.
BASE_NS = 1_600_000_000_000_000_000
MEASUREMENT = "load"
PACE_SECONDS = 0.002


def in_order(lines):
    """The numbers of each series ascend, in lines of which each is there once."""
    newest = {}
    for line in lines:
        series, fields, _ = line.split(" ")
        number = int(fields.partition("=")[2].rstrip("i"))
        assert number > newest.get(series, -1), f"{line} came after number {newest[series]}"
        newest[series] = number


class Numbered:
    """Threads that write lines until stopped. A number is sent once, whatever its fate; with `repeats`, again and
    again until it is acknowledged, as a client does that keeps what it could not deliver."""

    def __init__(
        self,
        address_of,
        db="load",
        threads=4,
        lines=50,
        pace=PACE_SECONDS,
        repeats=False,
        base_ns=BASE_NS,
        step_ns=1,
    ):
        self.address_of = address_of  # called for each connection: weir may have moved
        self.db = db
        self.lines = lines
        self.pace = pace
        self.repeats = repeats
        self.base_ns = base_ns
        self.step_ns = step_ns
        self.acknowledged = [set() for _ in range(threads)]
        self.sent = [0] * threads
        self.answers = {}  # status or name of an error -> how often
        self.bodies = {}  # status -> one body of it
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True)
            for number in range(threads)
        ]

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        for thread in self._threads:
            thread.start()
        return self

    def stop(self, seconds=30.0):
        self._ending.set()
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a writer hangs: its request was never answered"
        return self

    def acknowledged_count(self):
        return sum(len(numbers) for numbers in self.acknowledged)

    def _body(self, writer):
        first = self.sent[writer]
        self.sent[writer] += self.lines
        return first, "".join(
            self._line(writer, number) + "\n" for number in range(first, first + self.lines)
        )

    def _line(self, writer, number):
        at = self.base_ns + number * self.step_ns
        return f"{MEASUREMENT},writer={writer} value={number}i {at}"

    def _run(self, writer):
        connection = None
        first, body = self._body(writer)
        while not self._ending.is_set():
            taken = False
            try:
                if connection is None:
                    connection = http.client.HTTPConnection(self.address_of(), timeout=20)
                connection.request("POST", f"/write?db={self.db}", body)
                answer = connection.getresponse()
                text = answer.read()
                self._note(answer.status, text)
                taken = answer.status == 204
                if taken:
                    self.acknowledged[writer].update(range(first, first + self.lines))
                if answer.will_close:
                    connection.close()
                    connection = None
            except (OSError, http.client.HTTPException) as error:
                self._note(type(error).__name__, b"")
                if connection is not None:
                    connection.close()
                connection = None
            if taken or not self.repeats:
                first, body = self._body(writer)
            self._ending.wait(self.pace)

    def _note(self, outcome, body):
        with self._lock:
            self.answers[outcome] = self.answers.get(outcome, 0) + 1
            self.bodies.setdefault(outcome, body)

    def missing_from(self, influxd):
        """Acknowledged numbers that InfluxDB does not hold. What it holds must be whole."""
        missing = []
        for writer, numbers in enumerate(self.acknowledged):
            stored = self._stored(influxd, writer)
            missing += [(writer, number) for number in numbers - stored]
        return missing

    def missing_from_lines(self, lines):
        """The same for what a file sink wrote."""
        expected = {
            self._line(writer, number)
            for writer, numbers in enumerate(self.acknowledged)
            for number in numbers
        }
        return expected - set(lines)

    def missing_from_prometheus(self, prometheus):
        """Acknowledged numbers that Prometheus does not hold. What it holds must be whole."""
        missing = []
        for writer, numbers in enumerate(self.acknowledged):
            stored = set()
            selector = f'{MEASUREMENT}_value{{writer="{writer}"}}'
            for samples in prometheus.samples(selector).values():
                for at_ms, text in samples:
                    value = int(float(text))
                    assert at_ms == (self.base_ns + value * self.step_ns) // 10**6, (at_ms, text)
                    stored.add(value)
            missing += [(writer, number) for number in numbers - stored]
        return missing

    def _stored(self, influxd, writer):
        query = f'SELECT "value" FROM "{MEASUREMENT}" WHERE "writer" = \'{writer}\''
        stored = set()
        for series in influxd.query(query, self.db):
            for time, value in series["values"]:
                assert time == self.base_ns + value * self.step_ns, f"a torn line: {value} at {time}"
                assert 0 <= value < self.sent[writer], f"a line nobody sent: {value}"
                stored.add(value)
        return stored

    def nothing_else_in(self, influxd):
        """No line was torn into a measurement, a tag or a field of another name."""
        names = [row["name"] for row in influxd.rows("SHOW MEASUREMENTS", self.db)]
        assert names in ([], [MEASUREMENT]), names
        rows = influxd.rows("SHOW TAG VALUES WITH KEY = writer", self.db)
        writers = {row["value"] for row in rows}
        assert writers <= {str(number) for number in range(len(self.sent))}, writers
        fields = [row["fieldKey"] for row in influxd.rows("SHOW FIELD KEYS", self.db)]
        assert fields in ([], ["value"]), fields
        tags = [row["tagKey"] for row in influxd.rows("SHOW TAG KEYS", self.db)]
        assert tags in ([], ["writer"]), tags


class Spread(Numbered):
    """The same over many series: each writer has `series` of them, which take turns."""

    def __init__(self, *arguments, series=16, first_writer=0, **keys):
        super().__init__(*arguments, **keys)
        self.series = series
        self.first_writer = first_writer

    def _line(self, writer, number):
        at = self.base_ns + number * self.step_ns
        tags = f"part={number % self.series},writer={self.first_writer + writer}"
        return f"{MEASUREMENT},{tags} value={number}i {at}"
