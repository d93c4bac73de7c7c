# SPDX-License-Identifier: Apache-2.0
"""What a panel asks for, and how it is spelt for each server. Both spell the same questions; what only one can say is in Text."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ask:
    """One query of a panel. `how`: "level" of a gauge, "rate" a second of a counter, "growth" of a counter in each interval, or
    "total" growth in the time that the dashboard shows. Series that have the same labels `by` are one, by `over` (sum, max, min,
    avg). `scale` multiplies. `zero`: where there is no such series, there is 0."""

    how: str
    metric: object
    by: tuple = ()
    over: str = "sum"
    legend: str = ""
    scale: float = 1
    top: int = 0  # of many series, those with the greatest values
    zero: bool = False


@dataclass(frozen=True)
class Ratio:
    """One metric by another, each summed over what has the same labels. InfluxQL cannot put two measurements together; of one
    measurement (all that is scraped) it can."""

    part: Ask
    whole: Ask
    by: tuple = ()
    legend: str = ""


@dataclass(frozen=True)
class Text:
    """A query of Prometheus as it is: `query` makes it, of a function that spells a metric and what is chosen of it. `legend` is
    Prometheus' too."""

    query: object
    by: tuple = ()
    legend: str = ""


def level(metric, *by, over="sum", **more):
    return Ask("level", metric, by, over, **more)


def rate(metric, *by, **more):
    return Ask("rate", metric, by, **more)


def growth(metric, *by, **more):
    return Ask("growth", metric, by, **more)


def total(metric, *by, **more):
    return Ask("total", metric, by, **more)


def number(value):
    return f"{value:g}"


def braces(matchers):
    return "{" + ",".join(matchers) + "}" if matchers else ""


class Prometheus:
    name = folder = "prometheus"
    title = "Prometheus"
    plugin = "prometheus"
    RANGE = {"rate": ("rate", "$__rate_interval"), "growth": ("increase", "$__rate_interval"), "total": ("increase", "$__range")}

    def database(self, metric):
        return [] if metric.is_scraped else [f'db="${metric.database}"']

    def selector(self, metric, board):
        parts = self.database(metric)
        parts += [f'{label}="{value}"' for label, value in metric.fixed]
        parts += [f'{label}=~"{expression}"' for label, expression in metric.matching]
        parts += [f'{each.label}=~"${each.name}"' for each in board.choices if each.label in metric.labels]
        return braces(parts)

    def legend(self, ask):
        return ask.legend or " · ".join(f"{{{{{label}}}}}" for label in ask.by) or "all"

    def spell(self, ask, board, at_once=False):
        """`at_once`: for a panel that shows one number, which Prometheus has for any moment."""
        if isinstance(ask, Text):
            return ask.query(lambda metric: metric.series + self.selector(metric, board))
        if isinstance(ask, Ratio):
            return f"{self.spell(ask.part, board)}\n  / {self.spell(ask.whole, board)}"
        series = ask.metric.series + self.selector(ask.metric, board)
        if ask.how != "level":
            function, span = self.RANGE[ask.how]
            series = f"{function}({series}[{span}])"
        grouped = f"{ask.over} by ({', '.join(ask.by)}) ({series})" if ask.by else f"{ask.over}({series})"
        if ask.scale != 1:
            grouped = f"{grouped} * {number(ask.scale)}"
        if ask.top:
            grouped = f"topk({ask.top}, {grouped})"
        return f"{grouped} or vector(0)" if ask.zero else grouped

    def values(self, label, metric, until):
        """The query of a variable: the values of a label; `until` are the variables before it."""
        chosen = [f'{each.label}=~"${each.name}"' for each in until if each.label in metric.labels]
        return f"label_values({metric.series}{braces(self.database(metric) + chosen)}, {label})"

    def databases(self, metric):
        return None if metric.is_scraped else f"label_values({metric.series}, db)"


class InfluxDB:
    name = folder = "influxdb"
    title = "InfluxDB"
    plugin = "influxdb"
    VALUES_MOST = 1000  # of a variable: InfluxDB knows each name that it ever had, whatever time is shown
    SERIES_MOST = 50  # for what Prometheus would take the greatest of

    def chosen_database(self, metric):
        """As it is: Grafana escapes a name where it takes a query for one with regular expressions."""
        return f'"${{{metric.database}:raw}}"'

    def source(self, metric):
        return f'FROM {self.chosen_database(metric)}.."{metric.measurement}"'

    def where(self, metric, board):
        parts = ["$timeFilter", *(f"\"{label}\" = '{value}'" for label, value in metric.fixed)]
        parts += [f'"{label}" =~ /^({expression})$/' for label, expression in metric.matching]
        parts += [f'"{tag}" =~ /^${{{each.name}:regex}}$/' for each in board.choices if each.label in metric.labels
                  for tag in self.tags([each.label])]
        return "WHERE " + " AND ".join(parts)

    def legend(self, ask):
        return ask.legend.replace("{{", "$tag_").replace("}}", "") or " · ".join(f"$tag_{tag}" for tag in self.tags(ask.by)) or "all"

    def tags(self, labels):
        return ["url" if label == "instance" else label for label in labels]

    def spell(self, ask, board, at_once=False):
        if isinstance(ask, Ratio):
            return self.ratio(ask, board, at_once)
        over = {"avg": "mean"}.get(ask.over, ask.over)
        scale = f" * {number(ask.scale)}" if ask.scale != 1 else ""
        grouped = self.grouped(ask.by, at_once or ask.how == "total") + (f" SLIMIT {self.SERIES_MOST}" if ask.top else "")
        if ask.how == "level" and ask.over != "sum" and not at_once:
            return f'SELECT {over}("{ask.metric.field}"){scale} {self.source(ask.metric)} {self.where(ask.metric, board)}{grouped}'
        return f'SELECT {over}("each"){scale} FROM ({self.series(ask, board, at_once)}) WHERE $timeFilter{grouped}'

    def grouped(self, labels, at_once):
        """Of a query for one number there is no last interval that is not over yet."""
        tags = [f'"{tag}"' for tag in self.tags(labels)]
        if at_once:
            return f" GROUP BY {', '.join(tags)}" if tags else ""
        return f" GROUP BY {', '.join(['time($__interval)', *tags])} fill(null)"

    def series(self, ask, board, at_once):
        """Of each series by itself: a sum over the points of an interval would count a series as often as it was reported. Growth is
        added up from point to point: what a counter grew within an interval is in no difference between intervals."""
        field, of = f'"{ask.metric.field}"', f"{self.source(ask.metric)} {self.where(ask.metric, board)}"
        if ask.how in ("growth", "total"):
            return f'SELECT non_negative_difference({field}) AS "each" {of} GROUP BY *'
        if ask.how == "level":
            return f'SELECT last({field}) AS "each" {of} GROUP BY {"" if at_once else "time($__interval), "}*'
        if at_once:
            each = f'SELECT non_negative_derivative({field}, 1s) AS "one" {of} GROUP BY *'
            return f'SELECT mean("one") AS "each" FROM ({each}) WHERE $timeFilter GROUP BY *'
        return f'SELECT non_negative_derivative(max({field}), 1s) AS "each" {of} GROUP BY time($__interval), *'

    def ratio(self, ask, board, at_once):
        part, whole = ask.part.metric, ask.whole.metric
        assert part.measurement == whole.measurement, f"InfluxQL cannot divide {part.measurement} by {whole.measurement}"
        each = "last({0})" if ask.part.how == "level" else "non_negative_difference({0})" if at_once else "non_negative_difference(max({0}))"
        inner = ", ".join(each.format(f'"{metric.field}"') + f' AS "{name}"' for name, metric in (("part", part), ("whole", whole)))
        series = f'SELECT {inner} {self.source(part)} {self.where(part, board)} GROUP BY {"" if at_once else "time($__interval), "}*'
        return f'SELECT sum("part") / sum("whole") FROM ({series}) WHERE $timeFilter{self.grouped(ask.by, at_once)}'

    def values(self, label, metric, until):
        (tag,) = self.tags([label])
        chosen = [f'"{tag}" =~ /^${{{each.name}:regex}}$/' for each in until if each.label in metric.labels
                  for tag in self.tags([each.label])]
        where = " WHERE " + " AND ".join(chosen) if chosen else ""
        return (f'SHOW TAG VALUES ON {self.chosen_database(metric)} FROM "{metric.measurement}" WITH KEY = "{tag}"{where} '
                f"LIMIT {self.VALUES_MOST}")

    def databases(self, metric):
        return "SHOW DATABASES"


BACK_ENDS = (Prometheus(), InfluxDB())
