# SPDX-License-Identifier: Apache-2.0
"""What all Python programs share: the points, and the loop that does what it is told."""

import sys
import time
import traceback

T = 1_700_000_000_000_000_000
STEP = 1_000_000
URL, HOST, PORT, DATABASE = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
BAD = [
    "bad,host=a integer=1i 1700000000000000000",
    "bad,host=b integer= 1700000000000000000",
    "bad,host=c integer=3i 1700000000000000000",
]


def point(number):
    return {
        "measurement": "points",
        "tags": {"host": f"h{number % 10}", "place": "a b,c=d é"},
        "fields": {
            "float": number + 0.5,
            "integer": number,
            "boolean": number % 2 == 0,
            "string": f'say "{number}", a=b \\ é',
        },
        "time": T + number * STEP,
    }


def points(first, count):
    return [point(number) for number in range(first, first + count)]


CONFLICT = {"measurement": "points", "tags": {"host": "conflict"}, "fields": {"integer": "one"}, "time": T}


def escaped(name):
    return name.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


def spelled(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}i"
    if isinstance(value, float):
        return repr(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def line(point):
    """For programs that are given lines."""
    tags = "".join(f",{key}={escaped(value)}" for key, value in point["tags"].items())
    fields = ",".join(f"{key}={spelled(value)}" for key, value in point["fields"].items())
    return f"{point['measurement']}{tags} {fields} {point['time']}"


def gauge_line(point):
    """A gauge of a point's number, for what keeps metrics."""
    number = point["fields"]["integer"]
    return line({**point, "tags": {"number": str(number)}, "fields": {"value": number + 0.5}})


class PointWriter:
    """Of a library that has points of its own: point(dict) makes one, send(client, records) sends points or lines by `client`, or
    by `packed`, which compresses."""

    def write(self, points):
        self.send(self.client, [self.point(each) for each in points])

    def gzip(self, points):
        self.send(self.packed, [self.point(each) for each in points])

    def bad(self, lines):
        self.send(self.client, lines)

    def conflict(self, point):
        self.send(self.client, [self.point(point)])


class Nothing(Exception):
    """The client has no such thing."""


def until(condition):
    """What was written a moment ago is on its way to the database."""
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    raise TimeoutError("it did not come true")


def one_line(text):
    return " ".join(str(text).split())


def serve(client):
    """`client` has of connect, create, write(points), gzip(points), bad, conflict, query and manage what it can."""
    for told in sys.stdin:
        verb, *numbers = told.split()
        numbers = [int(number) for number in numbers]
        try:
            if not hasattr(client, verb):
                raise Nothing
            if verb in ("write", "gzip"):
                words = getattr(client, verb)(points(*numbers))
            elif verb == "bad":
                words = client.bad(BAD)
            elif verb == "conflict":
                words = client.conflict(CONFLICT)
            else:
                words = getattr(client, verb)()
            print("ok", one_line("" if words is None else words), flush=True)
        except Nothing:
            print("none", flush=True)
        except Exception as error:  # whatever it is, the client's user is told it
            traceback.print_exc()
            print("error", type(error).__name__, one_line(error), flush=True)
