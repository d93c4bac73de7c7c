# SPDX-License-Identifier: Apache-2.0
"""The whole of weir before an InfluxDB 1.x against that InfluxDB alone: bodies of several lines, and
then every answer and everything that is stored (tests/conformance/end_to_end.py).

WEIR_CONFORMANCE_BODIES (2000) and WEIR_CONFORMANCE_SEED (1) choose the bodies; with pytest's -s the
counts by kind are printed."""

import json
import os

import pytest

from test_conformance import judge, reader  # fixtures
from conformance.compare import Comparison
from conformance.end_to_end import BodyMaker, EndToEnd
from conformance.weir_side import Case
from harness.settings import influx_sink, settings

BODIES = int(os.environ.get("WEIR_CONFORMANCE_BODIES", "2000"))
SEED = int(os.environ.get("WEIR_CONFORMANCE_SEED", "1"))
BODIES_AT_A_TIME = 1000
DIFFERENCES_SHOWN = 3


@pytest.fixture
def both_ways(reader, judge, start_weir):
    # Times of 1970 are believed; all else is as it is by default.
    trusting = {"*": {"precision_mistake": "trust"}}
    weir = start_weir(settings(influx_sink(judge.server.url), databases=trusting))
    return EndToEnd(reader, judge, weir, Comparison(reader, judge).is_unbalanced)


def test_bodies_are_answered_and_stored_alike(both_ways):
    print(f"\n{BODIES} bodies, seed {SEED}")
    maker = BodyMaker(SEED)
    for begin in range(0, BODIES, BODIES_AT_A_TIME):
        cases = [maker.body() for _ in range(min(BODIES_AT_A_TIME, BODIES - begin))]
        found = both_ways.run(cases)
        shown = "\n".join(both_ways.smallest(each) for each in found[:DIFFERENCES_SHOWN])
        assert not found, f"seed {SEED}: {len(found)} differences without a name:\n{shown}"
    print(json.dumps(both_ways.kinds, indent=2))
    assert both_ways.judge.deaths == 0
    assert both_ways.bodies > BODIES * 0.8, "too few bodies were compared"
    assert both_ways.points > BODIES, "too few lines are points"
    assert both_ways.kinds["none"] > BODIES // 10, "too few bodies without a named difference"


# A body, and another that weir is given in its place: the difference must be seen.
FAULTS = {
    "value": (b"m f=1 1", b"m f=2 1"),
    "type": (b"m f=1 1", b"m f=1i 1"),
    "tag": (b"m,t=a f=1 1", b"m,t=b f=1 1"),
    "tag lost": (b"m,t=a f=1 1", b"m f=1 1"),
    "field lost": (b"m f=1,g=2 1", b"m f=1 1"),
    "time": (b"m f=1 1", b"m f=1 2"),
    "point lost": (b"m f=1 1\nn f=1 1", b"m f=1 1"),
    "good line lost beside a bad one": (b"m f=1 1\nbad", b"bad"),
    "bad line not told": (b"m f=1 1\nbad", b"m f=1 1"),
    "string": (b'm f="a" 1', b'm f="b" 1'),
    "backslash in a tag": (b"m,t=two\\\\ words f=1 1", b"m,t=two\\ words f=1 1"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_would_be_seen(both_ways, name, monkeypatch):
    body, other = FAULTS[name]
    others = [Case(b"n%d,t=a f=%di 5" % (i, i)) for i in range(5)]
    assert both_ways.run([Case(body), *others]) == []
    write = both_ways.write
    monkeypatch.setattr(
        both_ways, "write", lambda case: write(Case(other) if case.body == body else case)
    )
    found = both_ways.run([Case(body), *others])
    assert body in {each.case.body for each in found}
