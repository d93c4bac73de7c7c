# SPDX-License-Identifier: Apache-2.0
"""Replaces variables and macros as Grafana does."""

import re
from dataclasses import dataclass, replace

ALL = "$__all"
# What Grafana rounds an interval to: up to the first number, the second.
ROUNDED = [(15, 10), (35, 20), (75, 50), (150, 100), (350, 200), (750, 500), (1500, 1000), (3500, 2000), (7500, 5000), (12500, 10000),
           (17500, 15000), (25000, 20000), (45000, 30000), (90000, 60000), (210000, 120000), (450000, 300000), (750000, 600000),
           (1050000, 900000), (1500000, 1200000), (2700000, 1800000), (5400000, 3600000)]


def milliseconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h|d)", text).groups()
    return int(number) * {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}[unit]


def spelt(duration):
    """A number of milliseconds as Grafana writes it into a query."""
    for unit, size in (("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if duration % size == 0:
            return f"{duration // size}{unit}"
    return f"{duration}ms"


@dataclass(frozen=True)
class Span:
    """The time that is shown, in milliseconds since the epoch."""

    since: int
    until: int
    scrape: int  # of the data source (timeInterval)
    points: int = 600  # how many pixels a panel has

    def of(self, recent):
        """Of a panel with a time of its own (timeFrom: a text, or None)."""
        return replace(self, since=self.until - milliseconds(recent)) if recent else self

    def interval(self, least):
        """$__interval of a panel whose own least interval this is (a text, or None)."""
        exact = (self.until - self.since) / self.points
        rounded = next((becomes for most, becomes in ROUNDED if exact < most), 7_200_000)
        return max(rounded, milliseconds(least) if least else self.scrape)

    def macros(self, least):
        interval = self.interval(least)
        return {"__interval": spelt(interval), "__rate_interval": spelt(max(interval + self.scrape, 4 * self.scrape)),
                "__range": f"{(self.until - self.since) // 1000}s", "__from": str(self.since), "__to": str(self.until),
                "timeFilter": f"time >= {self.since}ms and time <= {self.until}ms"}


def regex_escaped(text):
    return re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", text)


def prometheus_escaped(text):
    """For a regular expression within a string of PromQL."""
    return re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", text.replace("\\", r"\\\\"))


def formatted(variable, value, end, form):
    if value == ALL:
        return variable["allValue"]
    escaped = regex_escaped if form == "regex" else prometheus_escaped if end == "prometheus" else None
    if isinstance(value, list):
        assert escaped, f"${variable['name']} has several values, and no format in the query"
        return escaped(value[0]) if len(value) == 1 else "(" + "|".join(map(escaped, value)) + ")"
    return value


def interpolated(text, end, variables, chosen, macros):
    """`chosen` has the value of each of these variables: a text, ALL, or a list of texts where several may be chosen."""
    by_name = {each["name"]: each for each in variables}

    def replaced(found):
        name, form = found.group(1) or found.group(2), found.group(3)
        if name in macros:
            return macros[name]
        assert name in chosen, f"there is no variable ${name} in {text}"
        return formatted(by_name[name], chosen[name], end, form)

    # $name, or ${name:format}; a $ before anything else is one.
    return re.sub(r"\$(?:(\w+)|\{(\w+)(?::(\w+))?\})", replaced, text)
