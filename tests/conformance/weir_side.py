# SPDX-License-Identifier: Apache-2.0
"""weir's side: what its parser makes of bodies, by the program weir_read_bodies."""

import dataclasses
import json
import subprocess

from .server import UNITS_NS


@dataclasses.dataclass(frozen=True)
class Case:
    body: bytes
    precision: str = "ns"
    utf8: str = "reject"  # or "pass": [parser] utf8 in weir's configuration


@dataclasses.dataclass
class Line:
    """What weir made of one line: a point, or an error with its code and InfluxDB's reason."""

    text: bytes
    code: str = ""
    reason: bytes = b""
    measurement: bytes = b""
    tags: tuple = ()
    fields: tuple = ()  # (key, type, value), in the order written
    time: int | None = None

    @property
    def is_point(self):
        return not self.code


def raw(text):
    return text.encode("latin-1")


def line_of(found):
    if found[0] == "error":
        return Line(raw(found[1]), code=found[2], reason=raw(found[3]))
    _, text, measurement, tags, fields, time = found
    return Line(
        raw(text),
        measurement=raw(measurement),
        tags=tuple((raw(key), raw(value)) for key, value in tags),
        fields=tuple(
            (raw(key), kind, raw(value) if kind == "string" else value)
            for key, kind, value in fields
        ),
        time=None if time is None else int(time),
    )


class Reader:
    def __init__(self, executable):
        self.executable = executable

    def read(self, cases):
        """For each case the list of its lines."""
        text = "".join(
            f"{UNITS_NS[case.precision]} {case.utf8} {case.body.hex()}\n" for case in cases
        )
        done = subprocess.run(
            [str(self.executable)], input=text.encode(), capture_output=True, check=False
        )
        assert done.returncode == 0, f"weir_read_bodies: {done.stderr.decode()}"
        answers = done.stdout.splitlines()
        assert len(answers) == len(cases)
        return [[line_of(found) for found in json.loads(answer)] for answer in answers]
