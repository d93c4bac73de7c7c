# SPDX-License-Identifier: Apache-2.0
"""What a dashboard is made of. No word here is Grafana's but for the names of units and colours."""

from dataclasses import dataclass, field

BOTH = ("prometheus", "influxdb")


@dataclass(frozen=True)
class Choice:
    """A variable of the dashboard: the values of `label` that `of` has."""

    name: str
    label: str
    title: str
    of: object
    all_value: str = ".*"


@dataclass(frozen=True)
class Panel:
    title: str
    about: str
    unit: str
    asks: dict  # by back end
    kind: str = "graph"
    limits: tuple = ()  # (value, colour), upwards; below the first it is `fine`
    fine: str = "green"
    width: int = 8
    height: int = 8
    least: float | None = 0
    most: float | None = None
    decimals: int | None = None
    stack: bool = False
    words: dict = field(default_factory=dict)  # value: what is shown for it
    units: dict = field(default_factory=dict)  # by back end, where it is another one
    leads_to: tuple = ()  # (name of a dashboard, its variable, the label that says the variable's value)


def graph(title, about, unit, *asks, only=BOTH, prometheus=(), influxdb=(), **more):
    """`prometheus` and `influxdb` are what is asked there alone."""
    by_end = {"prometheus": (*asks, *prometheus), "influxdb": (*asks, *influxdb)}
    return Panel(title, about, unit, {end: each for end, each in by_end.items() if each and end in only}, **more)


def stat(title, about, unit, *asks, **more):
    return graph(title, about, unit, *asks, **{"kind": "stat", "width": 4, "height": 4, **more})


@dataclass(frozen=True)
class Row:
    title: str
    panels: list


@dataclass(frozen=True)
class Note:
    """Vertical lines over all graphs, where a counter grew."""

    title: str
    colour: str
    counter: object
    label: str


@dataclass(frozen=True)
class Database:
    """The variable that says in which database the metrics are: in Prometheus the label `db`, which `of` has."""

    name: str
    title: str
    of: object
    usual: str


@dataclass(frozen=True)
class Board:
    name: str
    title: str
    about: str
    rows: list
    choices: list
    database: Database
    notes: list = field(default_factory=list)
    ends: tuple = BOTH
    since: str = "now-1h"
