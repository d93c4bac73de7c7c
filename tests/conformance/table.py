# SPDX-License-Identifier: Apache-2.0
"""Reads cases.txt, whose head says how it is written."""

import dataclasses
import pathlib
import re

PATH = pathlib.Path(__file__).with_name("cases.txt")
ESCAPE = re.compile(r"%([0-9A-F]{2})|%\{(\d+)\*([^}]*)\}")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    kinds: frozenset
    precision: str
    body: bytes


def body_of(text):
    out = bytearray()
    at = 0
    for found in ESCAPE.finditer(text):
        out += text[at : found.start()].encode()
        at = found.end()
        if found.group(1):
            out.append(int(found.group(1), 16))
        else:
            for i in range(int(found.group(2))):
                out += body_of(found.group(3).replace("#", str(i)))
    return bytes(out + text[at:].encode())


def read_table(path=PATH):
    rows = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        if not line or line.startswith("#"):
            continue
        name, kinds, precision, *body = line.split(maxsplit=3)
        found = frozenset() if kinds == "-" else frozenset(kinds.split(","))
        rows.append(Row(name, found, precision, body_of(body[0]) if body else b""))
    names = [row.name for row in rows]
    assert len(names) == len(set(names)), "a name stands twice in cases.txt"
    return rows
