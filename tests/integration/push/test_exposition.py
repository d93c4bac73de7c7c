# SPDX-License-Identifier: Apache-2.0
"""weir's readers of expositions beside the official Python client's: what both take is the same to
both. Bodies are drawn from a seed, good ones and damaged ones."""

import math
import os
import random
import struct
import subprocess

import json

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from prometheus_client.parser import text_string_to_metric_families as read_text

BODIES = int(os.environ.get("WEIR_EXPOSITIONS", "6000"))

VALUES = ["a", "", "a b", "x\\\\y", "q\\\"q", "l\\nl", "温度", "{}", "a=b,c", "#", "}", "1e3"]
NUMBERS = ["0", "1", "-1", "1.5", "1e3", "NaN", "+Inf", "-Inf", ".5", "5.", "1e-7", "9007199254740993",
           "1.7976931348623157e308", "5e-324", "-0"]
COUNTS = ["0", "1", "1.5", "1e3", "+Inf", "9007199254740993"]
LABELS = ["a", "b", "_c", "d9", "job"]


def weir_reads(format, bodies):
    """What weir makes of each body: a list of samples, or the text of its mistake."""
    given = "".join(f"{format} {body.hex()}\n" for body in bodies)
    done = subprocess.run([os.environ["WEIR_READ_EXPOSITION"]], input=given, capture_output=True, text=True,
                          check=True, timeout=300)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(bodies)
    return [answer.get("error") or [(name, tuple(sorted(map(tuple, labels))), bits, time)
                                    for _, _, name, labels, bits, time in answer["samples"]]
            for answer in answers]


def bits(value):
    return "7ff8000000000000" if math.isnan(value) else struct.pack(">d", value).hex()


def client_reads(reader, body):
    """The same of the client's."""
    found = []
    for family in reader(body.decode()):
        for sample in family.samples:
            time = None if sample.timestamp is None else round(float(sample.timestamp) * 1000)
            found.append((sample.name, tuple(sorted(sample.labels.items())), bits(float(sample.value)), time))
    return found


def labels_text(draw, extra=None):
    names = draw.sample(LABELS, draw.randrange(0, 4))
    pairs = [f'{name}="{draw.choice(VALUES)}"' for name in names]
    if extra:
        pairs.append(extra)
    return "{" + ",".join(pairs) + "}" if pairs or draw.random() < 0.1 else ""


def text_body(draw):
    lines = []
    for number in range(draw.randrange(1, 4)):
        name = draw.choice(["up", "a:b", "_x", "http_requests"]) + str(number)
        kind = draw.choice(["counter", "gauge", "untyped", "summary", "histogram", None])
        if draw.random() < 0.5:
            lines.append(f"# HELP {name} {draw.choice(['words', '', 'two lines', 'a back' + chr(92) * 2 + 'slash'])}")
        if kind:
            lines.append(f"# TYPE {name} {kind}")
        seen = set()
        for _ in range(draw.randrange(1, 4)):
            if kind == "histogram":
                line = f'{name}_bucket{labels_text(draw, chr(108) + "e=" + chr(34) + "+Inf" + chr(34))}'
            elif kind == "summary":
                line = name + draw.choice(["_sum", "_count"]) + labels_text(draw)
            else:
                line = name + labels_text(draw)
            if line not in seen:
                seen.add(line)
                lines.append(line + " " + draw.choice(NUMBERS)
                             + (f" {draw.randrange(-5, 2**41)}" if draw.random() < 0.2 else ""))
        if draw.random() < 0.2:
            lines.append(draw.choice(["", "# just words", "   "]))
    return ("\n".join(lines) + "\n").encode()


def open_metrics_body(draw):
    lines = []
    for number in range(draw.randrange(1, 4)):
        name = draw.choice(["up", "a:b", "_x"]) + str(number)
        kind = draw.choice(["counter", "gauge", "unknown", "info", "summary"])
        lines.append(f"# TYPE {name} {kind}")
        if draw.random() < 0.5:
            lines.append(f"# HELP {name} {draw.choice(['words', 'two lines', 'a back' + chr(92) * 2 + 'slash'])}")
        suffix = {"counter": "_total", "info": "_info", "summary": "_sum"}.get(kind, "")
        number_of = {"counter": COUNTS, "info": ["1"], "summary": COUNTS}.get(kind, NUMBERS)
        line = name + suffix + labels_text(draw) + " " + draw.choice(number_of)
        if draw.random() < 0.2:
            line += f" {draw.randrange(0, 2**31)}"
        if kind == "counter" and draw.random() < 0.3:
            line += ' # {trace_id="x"} 0.5'
        lines.append(line)
    return ("\n".join(lines) + "\n# EOF\n").encode()


def damaged(draw, body):
    """One to three small changes."""
    text = bytearray(body)
    for _ in range(draw.randrange(1, 4)):
        at = draw.randrange(0, len(text) + 1)
        what = draw.randrange(0, 4)
        if what == 0:
            text[at:at] = draw.choice([b" ", b"\t", b"\n", b'"', b"\\", b"{", b"}", b",", b"=", b"#", b"1", b"a", b"e",
                                       b"-", b"\r", b"\xc3\xa9", b"_", b"+"])
        elif what == 1:
            del text[at:at + draw.randrange(1, 6)]
        elif what == 2:
            text[at:at] = text[at:at + draw.randrange(1, 12)]
        else:
            del text[at:]
    return bytes(text)


def alike(samples):
    """Without what the client's own classes change: it adds `_total` to a counter's name, reads a
    whole -0 as 0 and a large time as a float, and keeps one of two equal series."""
    def plain(name):
        return name[:-6] if name.endswith("_total") else name
    return {(plain(name), labels, "0" * 16 if number == "8" + "0" * 15 else number,
             None if time is not None and abs(time) >= 2**53 else time) for name, labels, number, time in samples}


def compare(format, reader, bodies):
    """Bodies that both take and read differently; those that weir alone takes; the client alone."""
    different, weir_alone, client_alone = [], [], []
    for body, ours in zip(bodies, weir_reads(format, bodies)):
        try:
            theirs = client_reads(reader, body)
        except Exception as error:  # its readers raise whatever their code runs into
            theirs = f"{type(error).__name__}: {error}"
        if isinstance(ours, str) and isinstance(theirs, str):
            continue
        if isinstance(theirs, str):
            weir_alone.append((body, theirs))
        elif isinstance(ours, str):
            client_alone.append((body, ours))
        elif not alike(theirs) <= alike(ours) or {x[:2] for x in alike(theirs)} != {x[:2] for x in alike(ours)}:
            different.append((body, ours, theirs))
    return different, weir_alone, client_alone


def test_what_is_well_formed_is_read_as_the_client_reads_it():
    draw = random.Random(20261128)
    for format, reader, make in [("text", read_text, text_body), ("openmetrics", read_open_metrics, open_metrics_body)]:
        different, weir_alone, client_alone = compare(format, reader, [make(draw) for _ in range(BODIES // 4)])
        assert not different, different[:3]
        assert not weir_alone, weir_alone[:3]
        assert not client_alone, client_alone[:3]


def test_what_was_damaged_is_refused_or_read_as_the_client_reads_it():
    draw = random.Random(20261129)
    different, weir_alone, client_alone = compare(
        "text", read_text, [damaged(draw, text_body(draw)) for _ in range(BODIES)])
    assert not different, different[:3]
    # The client takes TYPE behind anything; to weir, as to Go's reader, `#\rTYPE` is a comment. A tab behind a name is
    # a blank, and to the client a part of it.
    rest = [(body, error) for body, error in weir_alone
            if "Invalid metric type" not in error and not error.endswith("\t")]
    assert not rest, rest[:3]
    assert client_alone, "the damage is too small to show anything"


def test_damaged_openmetrics_is_taken_by_both_or_by_neither():
    draw = random.Random(20261130)
    different, weir_alone, client_alone = compare(
        "openmetrics", read_open_metrics, [damaged(draw, open_metrics_body(draw)) for _ in range(BODIES)])
    assert not different, different[:3]
    # The client looks for the end of an exemplar's labels without regard to quotes.
    rest = [(body, error) for body, error in weir_alone if "Invalid line: # {" not in error]
    assert not rest, rest[:3]
    # Where the client is more lenient than OpenMetrics' grammar, or than a number's range.
    lenient = ["there is no escape", "one space", "expected float as value", "expected a timestamp",
               "ends with a carriage return", "only an exemplar may follow", "the value of the exemplar"]
    rest = [(body, error) for body, error in client_alone if not any(words in error for words in lenient)]
    assert not rest, rest[:3]
