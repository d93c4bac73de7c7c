# SPDX-License-Identifier: Apache-2.0
"""Whole bodies to InfluxDB, and the same through the whole of weir to the same InfluxDB: what is
answered and what is stored must be the same, but for differences that have a name here.

InfluxDB is not given what weir refuses on purpose (the shields of docs/line_protocol.md: some of it
would end the process), and is given the rest as that page says that weir reads it: lines apart, and
integers for unsigned values. Which lines those are is computed from the body's bytes (scanners.py),
never from weir's answer."""

import collections
import dataclasses
import json
import re

from . import scanners
from .compare import Difference, signed_reason
from .mutator import SEEDS, Mutator
from .server import as_text, now_ns
from .shrink import shrink
from .weir_side import Case

HINT = re.compile(r" \(hint: .*\)\Z")

HOUR_NS = 3_600_000_000_000
TIME = b"time"

# Differences beside those of scanners.py.
UNSIGNED_TOO_LARGE = "unsigned_too_large"  # does not fit the integer that it would become
TYPE_CONFLICT = "type_conflict"  # weir refuses the line; InfluxDB is asked about it by itself
TYPES_BY_SHARD = "types_by_shard"  # InfluxDB takes another type where the time is in another shard
TYPES_IN_ONE_LINE = "types_in_one_line"  # of one field; InfluxDB says so of the whole request
STORAGE_WORDS = "storage_words"  # InfluxDB then leaves out what its parser refused
NO_FIRST_FIELD = "no_first_field"  # without `time`, only names that cannot come first are left
WITHHELD = {TYPES_BY_SHARD, TYPES_IN_ONE_LINE, NO_FIRST_FIELD}
NOT_ASKED = "not_asked"  # put together otherwise, InfluxDB would end the lines elsewhere


class BodyMaker(Mutator):
    """Bodies of two to six lines, good ones and mutated ones; some write to one measurement."""

    def body(self):
        lines = [self.good() if self.chance(0.5) else self.line() for _ in range(self.count())]
        separator = b"\r\n" if self.chance(0.1) else b"\n"
        end = self.random.choice([b"", b"\n", b"\n", b"\r\n", b"\n\n", b"\r"])
        start = b"\xef\xbb\xbf" if self.chance(0.03) else b""
        return Case(start + separator.join(lines) + end, self.precision())

    def chance(self, share):
        return self.random.random() < share

    def count(self):
        return self.random.randint(2, 6)

    def precision(self):
        return self.random.choice(["ns"] * 12 + ["u", "ms", "s", "m", "h"])

    def good(self):
        return self.numbered(self.random.choice(SEEDS))

    def numbered(self, line):
        if self.made > 0 and self.chance(0.25):
            self.made -= 1  # the measurement of the line before
        return super().numbered(line)


@dataclasses.dataclass
class Put:
    """One body, and what is expected of it."""

    case: Case
    lines: list  # weir's
    kinds: list  # of each line
    body: bytes = b""  # for InfluxDB
    taken: list = dataclasses.field(default_factory=list)  # lines that InfluxDB is given
    apart: list = dataclasses.field(default_factory=list)  # and those that it is given alone

    @property
    def refused(self):
        """Lines that weir must refuse whatever InfluxDB says."""
        return len(self.lines) - len(self.taken)


def names_time(line):
    return any(key == TIME for key, _ in line.tags) or (
        line.is_point and all(key == TIME for key, _, _ in line.fields)
    )


def leaves_no_first_field(line):
    """InfluxDB takes white space and NULs before the fields for none of the first name, and drops
    `time` only behind that: what stands behind `time=1,` cannot be written without it."""
    others = [key for key, _, _ in line.fields if key != TIME]
    has_time = len(others) < len(line.fields)
    return has_time and bool(others) and all(key[:1] in (b"\t", b"\0", b"") for key in others)


def shard_of(time_ns):
    """Databases of the judge have shards of 5000 weeks, counted from the year 1."""
    time_ns = now_ns() if time_ns is None else time_ns
    return (time_ns + 62_135_596_800 * 10**9) // (5000 * 7 * 86_400 * 10**9)


class EndToEnd:
    """judge: an InfluxDB; weir: a running weir whose one sink is that InfluxDB."""

    def __init__(self, reader, judge, weir, is_unbalanced):
        self.reader = reader
        self.judge = judge
        self.weir = weir
        self.is_unbalanced = is_unbalanced
        self.connection = None
        self.kinds = collections.Counter()
        self.bodies = self.points = 0

    def run(self, cases):
        """The differences."""
        self.direct, self.behind = self.judge.create(), self.judge.create()
        self.types = {}
        begin = now_ns() - HOUR_NS
        found, writers = [], collections.defaultdict(list)
        for case, lines in zip(cases, self.reader.read(cases)):
            put = self.plan(case, lines)
            if put is None:
                continue
            for line in lines:
                writers[line.measurement].append(case)
            if what := self.put(put):
                found.append(Difference(case, what))
        found += self.stored_otherwise(begin, writers)
        for db in (self.direct, self.behind):
            self.judge.drop(db)
        return found

    def smallest(self, difference, tries=120):
        """The difference on a body as small as can be found."""
        if not self.run([difference.case]):
            return f"{difference}\n  (not when it is alone)"
        small = shrink(difference.case, lambda case: bool(self.run([case])), tries)
        return str(self.run([small])[0])

    # What is sent.

    def plan(self, case, lines):
        texts, split_kinds = scanners.body_kinds(case.body, self.is_unbalanced)
        if texts != [line.text for line in lines]:
            return Put(case, lines, [set() for _ in lines], apart=None)
        self.types_of_body = []
        kinds = [self.kinds_of(line, types) for line, types in zip(lines, self.conflicts(lines))]
        put = Put(case, lines, kinds)
        withheld = {*scanners.SHIELDS, UNSIGNED_TOO_LARGE, TYPE_CONFLICT, *WITHHELD}
        put.taken = [line for line, own in zip(lines, kinds) if not own & withheld]
        put.apart = [line for line, own in zip(lines, kinds) if TYPE_CONFLICT in own]
        all_kinds = split_kinds.union(*kinds)
        if all_kinds - {STORAGE_WORDS}:
            given = [scanners.as_signed(line.text) for line in put.taken]
            put.body = b"\n".join(given)
            if scanners.Splitter(put.body, frozenset(), self.is_unbalanced).lines() != given:
                all_kinds = {NOT_ASKED}
        else:
            put.body = case.body
        for kind in all_kinds or {"none"}:
            self.kinds[kind] += 1
        if NOT_ASKED in all_kinds:
            for key in self.types_of_body:
                del self.types[key]
            return None
        self.bodies += 1
        return put

    def kinds_of(self, line, types):
        kinds = scanners.line_kinds(line.text) | types
        if not line.is_point:
            return kinds
        for key, kind, value in line.fields:
            if kind == "unsigned" and int(value) >= 2**63 and (key != TIME or names_time(line)):
                kinds.add(UNSIGNED_TOO_LARGE)
        if names_time(line):
            kinds.add(STORAGE_WORDS)
        elif leaves_no_first_field(line):
            kinds.add(NO_FIRST_FIELD)
        return kinds

    def conflicts(self, lines):
        """For each line whether its types contradict what was stored before."""
        for line in lines:
            found = set()
            kept = line.is_point and not names_time(line) and not leaves_no_first_field(line)
            if kept and not scanners.line_kinds(line.text) & {*scanners.SHIELDS}:
                types = {}
                for key, kind, value in line.fields:
                    kind = "integer" if kind == "unsigned" else kind
                    if kind == "integer" and int(value) >= 2**63 and key != TIME:
                        found.add(UNSIGNED_TOO_LARGE)
                    if key != TIME and types.setdefault(key, kind) != kind:
                        found.add(TYPES_IN_ONE_LINE)
                found = found or self.conflict(line, types)
            yield found

    def conflict(self, line, types):
        """weir has one type for a field, InfluxDB one in each shard."""
        shard = shard_of(line.time)
        found = set()
        for key, kind in types.items():
            if self.types.get((line.measurement, key), kind) != kind:
                stored = self.types.get((line.measurement, key, shard), kind)
                found.add(TYPES_BY_SHARD if stored == kind else TYPE_CONFLICT)
        for key, kind in types.items() if not found else []:
            for place in ((line.measurement, key), (line.measurement, key, shard)):
                if place not in self.types:
                    self.types[place] = kind
                    self.types_of_body.append(place)
        return found - {TYPES_BY_SHARD} or found

    # What comes of it.

    def put(self, put):
        """Empty, or what differs."""
        if put.apart is None:
            return f"lines end elsewhere: {[line.text for line in put.lines]}"
        expected = self.judge.write(self.direct, put.body, put.case.precision)
        answer = self.write(put.case)
        self.points += sum(line.is_point for line in put.taken)
        what = self.answers_differ(put, expected, answer)
        for line in put.apart if not what else []:
            alone = self.judge.write(self.direct, scanners.as_signed(line.text), put.case.precision)
            words = "partial write: field type conflict: input field "
            if alone.status != 400 or not alone.error.startswith(words):
                what = f"weir: {TYPE_CONFLICT}; InfluxDB of {line.text!r}: {alone}"
            elif alone.error.partition(" dropped=")[0][len("partial write: ") :] not in answer[1]:
                what = what or self.other_conflict(alone.error, answer)
        return what and f"{what}\n  InfluxDB was given {put.body!r}"

    def other_conflict(self, error, answer):
        """weir tells of one conflict in a request, as InfluxDB does."""
        if "field type conflict: input field " in answer[1]:
            return ""
        return f"InfluxDB: {error}; weir: {answer}"

    def answers_differ(self, put, expected, answer):
        status, error = answer
        both = f"InfluxDB: {expected}; weir: {answer}"
        kept = expected.status == 204 or expected.error.startswith("partial write: ")
        storage = any(STORAGE_WORDS in own for own in put.kinds)
        if not put.refused and not storage and not self.is_signed(put):
            return "" if answer == (expected.status, expected.error) else both
        if expected.status not in (204, 400):
            return both
        if status != (400 if put.refused else expected.status):
            return both
        some_kept = any(line.is_point and not names_time(line) for line in put.taken)
        of_types = any(
            own & {TYPE_CONFLICT, *WITHHELD} and UNSIGNED_TOO_LARGE not in own for own in put.kinds
        )
        partial = storage or of_types or (some_kept and kept)
        if status == 400 and error.startswith("partial write: ") != partial:
            return both
        for line in put.lines if status == 400 else []:
            said = as_text(b"unable to parse '" + line.text + b"': " + line.reason)
            if not line.is_point and said not in error:
                return f"{both}: {said!r} is not said"
        return "" if storage or self.says_the_same(put, expected) else both

    def is_signed(self, put):
        return any(scanners.UNSIGNED in own for own in put.kinds)

    def says_the_same(self, put, expected):
        """Whether InfluxDB says of the lines that it was given what weir says of them."""
        for line in put.taken:
            text, reason = scanners.as_signed(line.text), signed_reason(line)
            said = as_text(b"unable to parse '" + text + b"': " + reason)
            if not line.is_point and said not in expected.error:
                return False
        return True

    def write(self, case):
        if self.connection is None:
            self.connection = self.weir.client.connect()
        precision = case.precision
        answer = self.weir.client.write(
            case.body, self.behind, precision=precision, keep=self.connection
        )
        # InfluxDB's words alone: weir's hint stands behind them.
        error = json.loads(answer.body)["error"] if answer.body else ""
        return answer.status, HINT.sub("", error)

    def stored_otherwise(self, begin, writers):
        accepted = self.weir.metrics().sum("weir_lines_accepted_total")
        self.weir.wait_delivered(accepted, seconds=60)
        end = now_ns()
        direct = self.judge.contents(self.direct, begin, end)
        behind = self.judge.contents(self.behind, begin, end)
        for name in sorted(direct.keys() | behind.keys()):
            # InfluxDB makes a measurement, without a point, of a line that it drops for `time`.
            if (direct.get(name) or None) != (behind.get(name) or None):
                what = f"stored: {name!r} {direct.get(name)}\n  behind weir: {behind.get(name)}"
                for case in writers[name] or [Case(b"")]:
                    yield Difference(case, what)
