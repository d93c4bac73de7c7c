# SPDX-License-Identifier: Apache-2.0
"""The books of a day themselves: each rule, and that they see each kind of fault."""

import pytest

from harness.day.books import HOUR_MS, Books
from harness.day.flink import Point, samples_of

A = frozenset({("__name__", "a")})
B = frozenset({("__name__", "b")})
T = 10 * HOUR_MS


def verdict(books, series, at):
    return books.verdicts()[series][at]


def booked(*rounds):
    """Rounds of bodies of (series, time, value)."""
    books = Books()
    for bodies in rounds:
        for body in bodies:
            books.written(body, True)
        books.next_round()
    return books


def test_what_is_newer_than_all_before_must_be_there():
    books = booked([[(A, T, 1.0)], [(A, T + 1, 2.0)]], [[(A, T + 2, 3.0)]])
    assert [verdict(books, A, T + n) for n in range(3)] == [("must", [1.0]), ("must", [2.0]), ("must", [3.0])]


def test_what_is_older_may_be_there_in_its_round_and_not_in_a_later_one():
    books = booked([[(A, T + 5, 1.0)], [(A, T, 2.0)]], [[(A, T + 1, 3.0)]])
    assert verdict(books, A, T)[0] == "may"
    assert verdict(books, A, T + 1)[0] == "cannot"


def test_of_values_for_a_time():
    of_one_body = booked([[(A, T, 1.0), (A, T, 2.0)]], [[(A, T, 3.0)]])
    assert verdict(of_one_body, A, T) == ("must", [2.0])
    of_two = booked([[(A, T, 1.0)], [(A, T, 2.0)]])
    assert verdict(of_two, A, T) == ("must", [1.0, 2.0])


def test_of_what_was_not_acknowledged():
    books = Books()
    books.written([(A, T + 5, 1.0)], False)
    books.next_round()
    books.written([(A, T, 2.0)], True)
    assert verdict(books, A, T + 5)[0] == "may"
    assert verdict(books, A, T)[0] == "may", "the other one may have been there before"
    books.written([(A, T + 5, 1.0)], True)
    assert verdict(books, A, T + 5) == ("must", [1.0, 1.0])


def test_an_hour_behind_the_newest():
    books = booked([[(A, T, 1.0)], [(B, T - HOUR_MS, 1.0), (B, T - HOUR_MS - 1, 1.0)]], [[(B, T - HOUR_MS - 2, 1.0)]])
    assert verdict(books, B, T - HOUR_MS)[0] == "must"
    assert verdict(books, B, T - HOUR_MS - 1)[0] == "may"
    assert verdict(books, B, T - HOUR_MS - 2)[0] == "cannot"


@pytest.mark.parametrize(
    "stored, words",
    [
        ({A: [(T, 1.0), (T + 2, 3.0)]}, []),
        ({A: [(T, 1.0)]}, ["missing"]),
        ({A: [(T, 2.0), (T + 2, 3.0)]}, ["another value"]),
        ({A: [(T, 1.0), (T + 1, 9.0), (T + 2, 3.0)]}, ["against the rules"]),
        ({A: [(T, 1.0), (T + 2, 3.0), (T + 3, 3.0)]}, ["never written"]),
        ({A: [(T, 1.0), (T + 2, 3.0)], B: [(T, 1.0)]}, ["never written"]),
    ],
)
def test_each_kind_of_fault_is_seen(stored, words):
    books = booked([[(A, T, 1.0)], [(A, T + 2, 3.0)]], [[(A, T + 1, 9.0)]])
    wrong, counts = books.compare(stored)
    assert [one.partition(":")[0] for one in wrong] == words
    assert counts == {"must": 2, "cannot": 1}


def test_series_of_flink():
    tags = {"host": "a-b"}

    def names(fields):
        made = samples_of(Point("job_x-y", tags, fields, 7), "flink a")
        assert all(dict(series)["host"] == "a_b" and dict(series)["db"] == "flink a" for series, _, _ in made)
        return {(dict(series)["__name__"], dict(series).get("quantile"), value) for series, _, value in made}

    assert names({"value": "true"}) == {("flink_job_x_y", None, 1.0)}
    assert names({"value": "null"}) == set()
    assert names({"count": 3}) == {("flink_job_x_y", None, 3.0)}
    assert names({"count": 3, "rate": 0.5}) == {("flink_job_x_y", None, 0.5), ("flink_job_x_y_count", None, 3.0)}
    assert names({"count": 3, "p50": 0.5}) == {("flink_job_x_y", "0.5", 0.5), ("flink_job_x_y_count", None, 3.0)}
