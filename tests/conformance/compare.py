# SPDX-License-Identifier: Apache-2.0
"""The differential test: cases to weir's parser and to InfluxDB, and what differs without a reason
that docs/line_protocol.md names.

A body whose lines call for no documented difference is put to InfluxDB as it is, many in one
request, and the answer's whole text and all that is stored must be what weir's reading says. A
body that does is taken apart as that page says, and each of its lines is put by itself:

- unsigned values become integers on InfluxDB's side only;
- of a line for which weir has a shield, InfluxDB must refuse it in weir's words, or take it (or
  fail), while weir refuses it with that shield's code;
- lines that the storage behind InfluxDB's parser refuses (`time`, two types for one field) must
  be points for weir."""

import collections
import dataclasses
import itertools
import re

from . import scanners
from .server import Answer, as_text, now_ns
from .weir_side import Case

BATCH = 1000  # bodies in one database, and in one request as far as their precision is the same
SINGLES = 400  # bodies in one database, each in a request of its own
HOUR_NS = 3_600_000_000_000

STORAGE = "storage"  # what InfluxDB says of names and types behind the parser
UTF8_NAME = "utf8_name"  # names that are not UTF-8: this build of InfluxDB answers 500
STORAGE_WORDS = re.compile(
    r"(?s)(partial write: )?(invalid tag key|invalid field name|.*field type conflict)"
)
PARSER_WORDS = re.compile(r"(?s)(partial write: )?unable to parse '")


@dataclasses.dataclass
class Unit:
    """What is put to InfluxDB in one piece, and what weir says about it."""

    case: Case
    text: bytes
    lines: list  # weir's
    kinds: set
    asked_as: bytes = b""  # the text with unsigned values as integers

    def measurements(self):
        return {line.measurement for line in self.lines if line.is_point}


@dataclasses.dataclass
class Difference:
    case: Case
    what: str

    def __str__(self):
        case = self.case
        return (
            f"{shortened(repr(case.body))} (precision {case.precision}, utf8 {case.utf8})\n"
            f"  {shortened(self.what)}"
        )


def shortened(text, most=800):
    return text if len(text) <= most else f"{text[: most // 2]} ... {text[-most // 2 :]}"


def signed_reason(line):
    """weir's reason in the words for a signed integer."""
    reason = line.reason
    if line.code == "unsigned_out_of_range":
        return reason.replace(b"unsigned", b"integer").replace(b"ParseUint", b"ParseInt")
    if line.code == "invalid_field_value":  # it quotes the field
        return scanners.UNSIGNED_VALUE.sub(scanners.signed, reason)
    return reason


def expected_errors(unit):
    """InfluxDB's message for each bad line of the unit."""
    messages = []
    for line in unit.lines:
        text, reason = line.text, line.reason
        if unit.asked_as != unit.text:  # one line, with integers for unsigned values
            text, reason = unit.asked_as, signed_reason(line)
        if not line.is_point:
            messages.append(as_text(b"unable to parse '" + text + b"': " + reason))
    return messages


def answer_for(units):
    messages = [text for unit in units for text in expected_errors(unit)]
    if not messages:
        return Answer(204)
    text = "\n".join(messages)
    some_good = any(line.is_point for unit in units for line in unit.lines)
    return Answer(400, f"partial write: {text} dropped=0" if some_good else text)


def value_of(kind, value):
    if kind == "unsigned":
        return "integer", value if int(value) < 2**63 else "0"
    return kind, value


def expected_contents(units):
    found = {}
    for unit in units:
        for line in unit.lines:
            if line.is_point:
                points = found.setdefault(line.measurement, {})
                fields = points.setdefault((frozenset(line.tags), line.time), {})
                fields.update({key: value_of(kind, value) for key, kind, value in line.fields})
    return found


def concerns_storage(lines):
    """Keys called `time`, and one field with two types: InfluxDB's parser takes them."""
    types = {}
    for line in lines:
        if any(key == b"time" for key, _ in line.tags):
            return True
        for key, kind, _ in line.fields:
            kind = "integer" if kind == "unsigned" else kind
            if key == b"time" or types.setdefault((line.measurement, key), kind) != kind:
                return True
    return False


def has_bad_name(text):
    """Whether measurement or fields, strings left out, are not UTF-8."""
    names = scanners.measurement(text) + scanners.field_set(text)[0]
    return not scanners.is_utf8(names)


def named(counts, name_of_none):
    return {key or name_of_none: count for key, count in counts.most_common()}


def must_be_alike(unit):
    return not unit.kinds & {*scanners.SHIELDS, STORAGE, UTF8_NAME}


class Comparison:
    def __init__(self, reader, judge):
        self.reader = reader
        self.judge = judge
        self.scratch = {}
        self.kinds = collections.Counter()  # cases by documented difference; "" is none
        self.verdicts = collections.Counter()  # lines by weir's code; "" is a point
        self.differences = []
        self.not_asked = 0

    def run(self, cases):
        batches, singles, shielded = [], [], []
        for case, lines in zip(cases, self.reader.read(cases)):
            units = self.plan(case, lines)
            self.count(units, lines)
            for unit in units:
                if must_be_alike(unit):
                    alone = not scanners.stands_alone(unit.asked_as, self.is_unbalanced)
                    (singles if alone else batches).append(unit)
                else:
                    shielded.append(unit)
        for group in apart(batches, BATCH):
            self.narrow(group, self.together)
        for group in apart(singles, SINGLES):
            self.narrow(group, self.one_by_one)
        for unit in shielded:
            self.shielded(unit)

    def count(self, units, lines):
        kinds = set().union(*(unit.kinds for unit in units)) if units else set()
        for kind in kinds or {""}:
            self.kinds[kind] += 1
        for line in lines:
            self.verdicts[line.code] += 1

    def report(self):
        return {
            "cases by documented difference": named(self.kinds, "none"),
            "lines by weir's verdict": named(self.verdicts, "point"),
            "lines not put to InfluxDB": self.not_asked,
            "times InfluxDB died": self.judge.deaths,
            "other differences": len(self.differences),
        }

    def differs(self, case, what):
        self.differences.append(Difference(case, what))

    # What is asked, and in which pieces.

    def plan(self, case, lines):
        texts, kinds = scanners.body_kinds(case.body, self.is_unbalanced)
        if texts != [line.text for line in lines]:
            self.differs(case, f"lines end elsewhere: {[line.text for line in lines]} {texts}")
            return []
        found = [scanners.line_kinds(text, case.utf8) for text in texts]
        if not kinds and not any(found):
            return [self.unit(case, case.body, lines, set())]
        units = [
            self.unit(case, text, [line], kinds | own)
            for text, line, own in zip(texts, lines, found)
        ]
        for unit in units:  # a line that is not too long may stand beside one that is
            if len(unit.text) < scanners.LINE_BYTES_MAX:
                unit.kinds.discard(scanners.LINE_TOO_LONG)
        return units

    def unit(self, case, text, lines, kinds):
        kinds = set(kinds)
        if concerns_storage(lines):
            kinds.add(STORAGE)
        if case.utf8 == "pass" and any(has_bad_name(line.text) for line in lines):
            kinds.add(UTF8_NAME)
        asked_as = scanners.as_signed(text) if scanners.UNSIGNED in kinds else text
        return Unit(case, text, lines, kinds, asked_as)

    def is_unbalanced(self, text):
        answer = self.ask_apart(text, "ns", not scanners.is_utf8(text))
        return answer.status == 400 and answer.error.endswith(": unbalanced quotes")

    def ask_apart(self, text, precision, bad_names):
        """A request whose effects are not looked at; the server may die of it. Where a name was not
        UTF-8, it goes on refusing other new names too: a database for those alone."""
        if bad_names not in self.scratch:
            self.scratch[bad_names] = self.judge.create()
        answer = self.judge.write(self.scratch[bad_names], text, precision)
        if answer.status == 0:
            self.scratch = {}
        return answer

    # Bodies that both must take alike.

    def narrow(self, units, alike):
        """Halves what differs until single units are left."""
        what = alike(units)
        if not what:
            return
        if len(units) == 1:
            self.differs(units[0].case, what)
            return
        before = len(self.differences)
        self.narrow(units[: len(units) // 2], alike)
        self.narrow(units[len(units) // 2 :], alike)
        if len(self.differences) == before:
            self.differs(units[0].case, f"differs only beside others: {what}")

    def together(self, units):
        by_precision = {}
        for unit in units:
            by_precision.setdefault(unit.case.precision, []).append(unit)
        what = self.read_in_one(units)
        return what or self.written_and_read(list(by_precision.items()), units)

    def read_in_one(self, units):
        """weir must read one long body as it read the short ones: its fast ways need company."""
        by_options = {}
        for unit in units:
            by_options.setdefault((unit.case.precision, unit.case.utf8), []).append(unit)
        for (precision, utf8), some in by_options.items():
            # Of a line that ends in a carriage return, one more was taken off already.
            texts = (unit.text + b"\r" * unit.text.endswith(b"\r") for unit in some)
            # A blank line first: the first of them may begin with a byte order mark that is its own.
            body = b"\n" + b"\n".join(texts)
            lines = self.reader.read([Case(body, precision, utf8)])[0]
            alone = [line for unit in some for line in unit.lines]
            for line, other in itertools.zip_longest(lines, alone):
                if line != other:
                    return f"weir beside others: {line}\n  weir alone: {other}"
        return ""

    def one_by_one(self, units):
        return self.written_and_read([(unit.case.precision, [unit]) for unit in units], units)

    def written_and_read(self, requests, units):
        """Empty, or what differs."""
        db = self.judge.create()
        begin = now_ns() - HOUR_NS
        for precision, some in requests:
            answer = self.judge.write(db, b"\n".join(unit.asked_as for unit in some), precision)
            if answer != answer_for(some):
                if answer.status != 0:
                    self.judge.drop(db)
                return f"InfluxDB: {answer}\n  weir:     {answer_for(some)}"
        stored = self.judge.contents(db, begin, now_ns())
        self.judge.drop(db)
        expected = expected_contents(units)
        for name in stored.keys() | expected.keys():
            if stored.get(name) != expected.get(name):
                return f"stored: {name!r} {stored.get(name)}\n  weir:   {expected.get(name)}"
        return ""

    # Lines that weir may judge differently.

    def shielded(self, unit):
        line = unit.lines[0]
        codes = set().union(*(scanners.SHIELDS.get(kind, set()) for kind in unit.kinds))
        if scanners.LINE_TOO_LONG in unit.kinds and line.code not in codes:
            self.differs(unit.case, f"weir: {line.code}, not {codes}")
        askable = scanners.Splitter(unit.text, frozenset(), None).lines() == [unit.text]
        if scanners.LINE_TOO_LONG in unit.kinds or (codes and not askable):
            self.not_asked += 1
            return
        bad_names = bool(unit.kinds & {scanners.UTF8, UTF8_NAME})
        answer = self.ask_apart(unit.asked_as, unit.case.precision, bad_names)
        if answer.status == 400 and PARSER_WORDS.match(answer.error):
            if answer != answer_for([unit]):
                self.differs(unit.case, f"InfluxDB: {answer}\n  weir:     {answer_for([unit])}")
        elif codes:
            # It fails on a number of tags before it sees what else is wrong.
            blind = scanners.TAG_COUNT in unit.kinds and answer.status == 500
            other = blind and line.code and not line.code.startswith("shield_")
            if line.code not in codes and not other:
                self.differs(unit.case, f"InfluxDB: {answer}; weir: {line.code}, not {codes}")
        elif not self.taken_by_parser(answer, unit) or not any(l.is_point for l in unit.lines):
            self.differs(unit.case, f"InfluxDB: {answer}; weir: {unit.lines}")

    def taken_by_parser(self, answer, unit):
        if STORAGE in unit.kinds and answer.status == 400:
            return STORAGE_WORDS.match(answer.error)
        if UTF8_NAME in unit.kinds and answer.status == 500:
            return "UTF-8" in answer.error
        return answer.accepted or STORAGE_WORDS.match(answer.error)


def apart(units, most):
    """Groups in which no two units write to the same measurement."""
    groups = []
    waiting = units
    while waiting:
        group, taken, later = [], set(), []
        for unit in waiting:
            names = unit.measurements()
            if len(group) == most or names & taken:
                later.append(unit)
            else:
                group.append(unit)
                taken |= names
        groups.append(group)
        waiting = later
    return groups
