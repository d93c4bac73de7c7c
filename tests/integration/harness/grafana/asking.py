# SPDX-License-Identifier: Apache-2.0
"""Sends what dashboards ask to the servers that Grafana's data sources lead to."""

import math
import re
import urllib.parse
from dataclasses import replace

from harness.client import Client

from .interpolation import ALL, interpolated


EVENTS = 100  # points of a query that is of no panel


class Refused(AssertionError):
    """A server does not take a query."""


def post(client, path, **parameters):
    """With everything in the body, as the data sources are provisioned (httpMethod, httpMode)."""
    return client.request("POST", path, body=urllib.parse.urlencode(parameters),
                          headers={"Content-Type": "application/x-www-form-urlencoded"})


class PrometheusSource:
    def __init__(self, address, span):
        self.client = Client(address)
        self.span = span

    def ask(self, path, **parameters):
        answer = post(self.client, path, **parameters)
        if answer.status != 200:
            raise Refused(f"{parameters}: {answer.status} {answer.text()[:500]}")
        return answer.json()["data"]["result"]

    def numbers(self, panel, target, fill):
        """All numbers that the panel would draw."""
        query = fill(target["expr"])
        if target.get("instant"):
            found = [series["value"] for series in self.ask("/api/v1/query", query=query, time=self.span.until / 1000)]
        else:
            found = self.range(query, self.span.interval(panel.get("interval")) / 1000)
        return [float(value) for _, value in found if not math.isnan(float(value))]

    def range(self, query, step):
        start = self.span.since / 1000 // step * step
        series = self.ask("/api/v1/query_range", query=query, start=start, end=self.span.until / 1000, step=step)
        return [each for one in series for each in one["values"]]

    def events(self, annotation, fill):
        step = replace(self.span, points=EVENTS).interval(annotation["step"]) / 1000
        return [value for _, value in self.range(fill(annotation["expr"]), step)]

    def values(self, query, fill):
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", fill(query["query"])).groups()
        path = f"/api/v1/label/{label}/values"
        # Grafana has a GET for it, whatever httpMethod says: it is to stay short.
        assert len(selector) < 500, selector
        answer = self.client.get(path, **{"match[]": selector, "start": self.span.since / 1000, "end": self.span.until / 1000})
        if answer.status != 200:
            raise Refused(f"{selector}: {answer.status} {answer.text()[:500]}")
        return answer.json()["data"]


class InfluxSource:
    def __init__(self, address, database, span):
        self.client = Client(address)
        self.database = database
        self.span = span

    def rows(self, query):
        answer = post(self.client, "/query", q=query, db=self.database, epoch="ms")
        (result,) = answer.json()["results"] if answer.status == 200 else [{"error": answer.text()}]
        if "error" in result:
            raise Refused(f"{query}: {result['error']}")
        return [dict(zip(series["columns"], row)) for series in result.get("series", []) for row in series.get("values", [])]

    def numbers(self, _, target, fill):
        """All numbers that the panel would draw."""
        return [value for row in self.rows(fill(target["query"])) for name, value in row.items()
                if name != "time" and value is not None]

    def events(self, annotation, fill):
        text = annotation["textColumn"]
        return [row[text] for row in self.rows(fill(annotation["query"]))]

    def values(self, query, fill):
        rows = self.rows(fill(query))
        return sorted({row.get("value", row.get("name")) for row in rows})


class Shown:
    """A dashboard in Grafana: the values of its variables, and what its panels draw with some of them chosen."""

    def __init__(self, dashboard, source):
        self.dashboard = dashboard
        self.source = source
        self.chosen = {}
        self.options = {}
        for variable in dashboard.variables:
            if variable["type"] == "datasource":
                continue
            found = source.values(variable["query"], self.fill(None))
            if variable.get("regex"):
                keep = re.compile(variable["regex"].strip("/"))
                found = [each for each in found if keep.search(each)]
            self.options[variable["name"]] = found
            self.chosen[variable["name"]] = ALL if variable["includeAll"] else self.usual(variable, found)

    @staticmethod
    def usual(variable, found):
        """Grafana keeps what was chosen when the dashboard was saved, if it is still there."""
        saved = variable["current"]["value"]
        return saved if saved in found else found[0] if found else ""

    def choose(self, **values):
        self.chosen.update(values)
        return self

    def fill(self, panel):
        span = self.source.span.of(panel.get("timeFrom") if panel else None)
        macros = span.macros(panel.get("interval") if panel else None)
        return lambda text: interpolated(text, self.dashboard.end, self.dashboard.variables, self.chosen, macros)

    def numbers(self):
        """{(panel, query): its numbers}."""
        return {(panel["title"], target["refId"]): self.source.numbers(panel, target, self.fill(panel))
                for panel in self.dashboard.panels for target in panel["targets"]}

    def events(self):
        return {each["name"]: self.source.events(each, self.fill({"interval": each.get("step")}))
                for each in self.dashboard.annotations}
