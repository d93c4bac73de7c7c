# SPDX-License-Identifier: Apache-2.0
"""weir reads line protocol as InfluxDB 1.x does, but for what docs/line_protocol.md lists: the
table of cases and any number of mutated ones, put to both. tests/conformance/README.md says how.

WEIR_CONFORMANCE_CASES (5000) and WEIR_CONFORMANCE_SEED (1) choose the mutated cases; with pytest's
-s the counts by kind are printed."""

import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from harness.fixtures import executable_from
from conformance import scanners
from conformance.compare import Comparison
from conformance.mutator import Mutator
from conformance.server import Judge, as_text, now_ns
from conformance.shrink import shrink
from conformance.table import body_of, read_table
from conformance.weir_side import Case, Reader
from harness.client import without_hint
from harness.influxd import Influxd
from harness.settings import influx_sink, settings

CASES = int(os.environ.get("WEIR_CONFORMANCE_CASES", "5000"))
SEED = int(os.environ.get("WEIR_CONFORMANCE_SEED", "1"))
CASES_AT_A_TIME = 5000
DIFFERENCES_SHOWN = 5
PROXY_CASES = 600


@pytest.fixture
def judge(processes):
    """In memory where there is such a place: many cases are a request each, and each is synced."""
    executable = executable_from(
        "WEIR_SERVERS", "influxdb/usr/bin/influxd", "run tests/servers/fetch.sh"
    )

    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    directory = pathlib.Path(tempfile.mkdtemp(prefix="weir-conformance-", dir=memory))
    started = []

    def start():
        influxd = Influxd(directory / f"influxd{len(started)}", executable)
        started.append(influxd)
        processes.append(influxd)
        return influxd.start()

    yield Judge(start)
    for influxd in started:
        if influxd.running():
            influxd.kill()
    shutil.rmtree(directory)


@pytest.fixture
def reader():
    return Reader(executable_from("WEIR_READ_BODIES", "", "build it with ./dev build"))


def mutated(count, seed):
    mutator = Mutator(seed)
    chance = random.Random(seed)
    for _ in range(count):
        body, precision = mutator.case()
        yield Case(body, precision, "pass" if chance.random() < 0.2 else "reject")


def differences(reader, judge, cases):
    comparison = Comparison(reader, judge)
    comparison.run(cases)
    return comparison.differences


def smallest(reader, judge, difference):
    """The difference on a case as small as can be found."""
    if not differences(reader, judge, [difference.case]):
        return f"{difference}\n  (not when it is alone)"
    small = shrink(difference.case, lambda case: bool(differences(reader, judge, [case])))
    return str(differences(reader, judge, [small])[0])


def must_be_none(reader, judge, found):
    shown = [smallest(reader, judge, each) for each in found[:DIFFERENCES_SHOWN]]
    assert not found, f"{len(found)} differences without a documented reason:\n" + "\n".join(shown)


def test_the_table(reader, judge):
    rows = read_table()
    for row in rows:
        comparison = Comparison(reader, judge)
        comparison.run([Case(row.body, row.precision)])
        assert not comparison.differences, f"{row.name}: {comparison.differences[0]}"
        found = set(comparison.kinds) - {""}
        assert found == set(row.kinds), f"{row.name}: it calls for {found}"
    # Once more with bytes that are not UTF-8 passed on as 1.x does.
    passing = [Case(row.body, row.precision, "pass") for row in rows if len(row.body) < 100_000]
    must_be_none(reader, judge, differences(reader, judge, passing))


def test_mutated_cases(reader, judge):
    comparison = Comparison(reader, judge)
    cases = list(mutated(CASES, SEED))
    for begin in range(0, len(cases), CASES_AT_A_TIME):
        comparison.run(cases[begin : begin + CASES_AT_A_TIME])
        if len(comparison.differences) > 10 * DIFFERENCES_SHOWN:
            break
    print(f"\n{CASES} cases, seed {SEED}: {json.dumps(comparison.report(), indent=2)}")
    must_be_none(reader, judge, comparison.differences)
    assert comparison.kinds[""] > CASES // 3, "too few cases without any documented difference"
    assert comparison.verdicts[""] > CASES // 4, "too few lines are points"


class Tampering(Reader):
    """weir as it would be with a fault."""

    def __init__(self, reader, change):
        super().__init__(reader.executable)
        self.change = change

    def read(self, cases):
        found = super().read(cases)
        for lines in found:
            for line in lines:
                self.change(line)
        return found


def change(name, value):
    def apply(line):
        if getattr(line, name):
            setattr(line, name, value(getattr(line, name)))

    return apply


def refuse(line):
    line.code, line.reason = "shield_text_after_quote", b"text after closing quote"


FAULTS = {
    "measurement": (b"m f=1 1", change("measurement", lambda name: name + b"x")),
    "tag": (b"m,t=a f=1 1", change("tags", lambda tags: ((tags[0][0], b"b"),))),
    "tag lost": (b"m,t=a f=1 1", change("tags", lambda tags: ())),
    "field": (b"m f=1 1", change("fields", lambda fields: ((b"g", *fields[0][1:]),))),
    "sign of zero": (b"m f=-0 1", change("fields", lambda f: ((b"f", "float", "0" * 16),))),
    "type": (b"m f=1 1", change("fields", lambda f: ((b"f", "integer", "1"),))),
    "string": (b'm f="a" 1', change("fields", lambda f: ((b"f", "string", b"b"),))),
    "time": (b"m f=1 1", change("time", lambda time: time + 1)),
    "no time": (b"m f=1 1", change("time", lambda time: None)),
    "reason": (b"m f=x 1", change("reason", lambda reason: b"invalid number")),
    "end of line": (b"m f=1 1", change("text", lambda text: text + b" ")),
    "other shield": (b"m\\\\,t=a f=1", change("code", lambda code: "shield_text_after_quote")),
    "shield without a reason": (b"m f=1 1", refuse),
    "unsigned": (b"m f=5u 1", change("fields", lambda f: ((b"f", "unsigned", "6"),))),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_would_be_seen(reader, judge, name):
    body, fault = FAULTS[name]
    # Among others, so that it has to be found.
    others = [Case(b"n%d,t=a f=%di,s=\"x\" 5" % (i, i)) for i in range(20)]
    good = [Case(body), *others]
    assert not differences(reader, judge, good)
    tampering = Tampering(
        reader, lambda line: fault(line) if not line.text.startswith(b"n") else None
    )
    found = differences(tampering, judge, good)
    assert [each.case.body for each in found] == [body]


def test_a_difference_is_shown_small():
    case = Case(b"m,t=a f=1,g=\x0712345 6", "s")
    small = shrink(case, lambda each: b"\x07" in each.body and b"f" in each.body)
    assert small.body == b"f\x07"
    assert small.precision == "ns"


def lint_line(line):
    """What `weir lint --json` should say of a line, but for its number and the advice."""
    if not line.is_point:
        return {"ok": False, "code": line.code, "message": as_text(line.reason)}
    fields = []
    for key, kind, value in line.fields:
        if kind == "float":
            value = struct.unpack(">d", bytes.fromhex(value))[0]
        fields.append([as_text(key), kind, as_json(kind, value)])
    return {
        "ok": True,
        "measurement": as_text(line.measurement),
        "tags": [[as_text(key), as_text(value)] for key, value in line.tags],
        "fields": fields,
        "time": None if line.time is None else str(line.time),
    }


def as_json(kind, value):
    return as_text(value) if kind == "string" else value == "true" if kind == "boolean" else value


def lint_bodies():
    """The table's, joined where that changes nothing."""
    joined = {}
    for row in read_table():
        if len(row.body) > 100_000:
            continue
        if scanners.stands_alone(row.body, lambda text: True):
            joined.setdefault(row.precision, []).append(row.body)
        else:
            yield Case(row.body, row.precision)
    for precision, bodies in joined.items():
        yield Case(b"\n".join(bodies), precision)


def test_lint_says_the_same(reader, tmp_path):
    """So that what was held against InfluxDB is what people are shown."""
    weir = executable_from("WEIR_BINARY", "", "build it with ./dev build")
    path = tmp_path / "body.lp"
    cases = list(lint_bodies())
    for case, lines in zip(cases, reader.read(cases)):
        path.write_bytes(case.body)
        precision = {"u": "us"}.get(case.precision, case.precision)
        command = [weir, "lint", "--json", "--precision", precision, path]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == (0 if all(line.is_point for line in lines) else 1), case
        said = [json.loads(line) for line in done.stdout.splitlines()]
        for each, line in zip(said, map(lint_line, lines)):
            assert {key: each[key] for key in line} == line
        assert len(said) == len(lines), case


def test_the_tables_escapes():
    assert body_of("a%00%0Ab%25") == b"a\0\nb%"
    assert body_of("%{3*ab}-%{2*,t#=%FF}") == b"ababab-,t0=\xff,t1=\xff"
    assert body_of("ä%") == "ä%".encode()


def test_the_whole_proxy_answers_and_stores_the_same(reader, judge, start_weir):
    """weir before InfluxDB against InfluxDB alone: bodies that call for no difference."""
    # The parser is judged here; what the gate adds has tests of its own.
    trusting = {"*": {"precision_mistake": "trust", "types": "off"}}
    weir = start_weir(settings(influx_sink(judge.server.url), databases=trusting))
    direct, behind = judge.create(), judge.create()
    comparison = Comparison(reader, judge)
    begin = now_ns() - 3_600_000_000_000
    taken = points = 0
    seen = set()
    for case in mutated(PROXY_CASES, SEED):
        case = Case(case.body, case.precision)
        lines = reader.read([case])[0]
        units = comparison.plan(case, lines)
        names = {line.measurement for line in lines}
        if any(unit.kinds for unit in units) or not units or names & seen:
            continue
        seen |= names - {b""}
        expected = judge.write(direct, case.body, case.precision)
        answer = weir.client.write(case.body, behind, precision=case.precision)
        error = without_hint(json.loads(answer.body)["error"]) if answer.body else ""
        assert (answer.status, error) == (expected.status, expected.error), case
        taken += 1
        points += sum(line.is_point for line in lines)
    assert taken > PROXY_CASES // 3 and points > PROXY_CASES // 4
    weir.wait_delivered(points)
    end = now_ns()
    assert judge.contents(behind, begin, end) == judge.contents(direct, begin, end)
