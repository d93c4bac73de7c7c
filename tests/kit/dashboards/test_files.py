# SPDX-License-Identifier: Apache-2.0
"""What the dashboards' files say, without a server: Grafana's own rules, and those of the kit."""

import collections
import json
import re
import subprocess

import pytest
from harness.flink.configuration import ROOT
from harness.grafana.dashboards import ENDS, GRAFANA, Dashboard, dashboards, data_sources
from harness.grafana.interpolation import milliseconds

ALL = dashboards()
EACH = pytest.mark.parametrize("dashboard", ALL, ids=str)
UID = "${datasource}"
GRID = 24
SENTENCE = re.compile(r"[A-Z0-9].*\.", re.DOTALL)
BOTH = {"flink-cluster", "flink-job", "flink-io", "hosts-telegraf", "weir"}


def places(value, path=""):
    """(path, text) of all texts in it."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, f"{path}.{key}")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from places(each, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value


def test_the_same_dashboards_are_there_for_both():
    names = {end: {each.name for each in ALL if each.end == end} for end in ENDS}
    assert names == {"prometheus": BOTH | {"hosts-node"}, "influxdb": BOTH}


def test_uids_and_titles_are_unique_and_stay():
    uids = {str(each): each.json["uid"] for each in ALL}
    assert uids == {str(each): f"weir-{each.name}-{each.end}" for each in ALL}
    assert max(map(len, uids.values())) <= 40  # Grafana's limit
    assert len({each.json["title"] for each in ALL}) == len(ALL)
    assert [each["uid"] for each in data_sources().values()] == ["weir-prometheus", "weir-influxdb"]


@EACH
def test_ids_are_unique_and_panels_do_not_overlap(dashboard):
    panels = dashboard.json["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = collections.Counter()
    for panel in panels:
        grid = panel["gridPos"]
        assert 0 <= grid["x"] and grid["x"] + grid["w"] <= GRID, panel["title"]
        taken.update((x, y) for x in range(grid["x"], grid["x"] + grid["w"]) for y in range(grid["y"], grid["y"] + grid["h"]))
    assert max(taken.values()) == 1
    assert len({panel["title"] for panel in dashboard.panels}) == len(dashboard.panels)
    for panel in dashboard.panels:
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) >= 1


@EACH
def test_each_panel_says_what_it_shows(dashboard):
    for panel in dashboard.panels:
        title, about, defaults = panel["title"], panel["description"], panel["fieldConfig"]["defaults"]
        assert re.fullmatch(r"[A-Z].*[^.]", title), title
        assert SENTENCE.fullmatch(about) and ". " not in about, about
        assert defaults["unit"], title
        steps = defaults["thresholds"]["steps"]
        assert steps[0]["value"] is None, title
        values = [step["value"] for step in steps[1:]]
        assert values == sorted(values), title
        if panel["type"] == "timeseries" and values:
            assert defaults["custom"]["thresholdsStyle"]["mode"] == "dashed", title


@EACH
def test_no_data_source_is_named_but_by_the_variable(dashboard):
    variable = dashboard.variables[0]
    assert (variable["type"], variable["query"], variable["name"]) == ("datasource", dashboard.end, "datasource")
    assert variable["current"]["value"] == data_sources()[dashboard.end]["uid"]
    asked = [*dashboard.panels, *(target for panel in dashboard.panels for target in panel["targets"]), *dashboard.annotations,
             *dashboard.variables[1:]]
    assert {(each["datasource"]["type"], each["datasource"]["uid"]) for each in asked} == {(dashboard.end, UID)}


@EACH
def test_variables_are_few_and_all_is_never_a_list(dashboard):
    """What "All" stands for would be thousands of names in each query."""
    chosen = dashboard.variables[1:]
    assert 1 <= len(chosen) <= 3
    for variable in chosen:
        assert variable["refresh"] == 1, "asked when the dashboard is loaded, and not with each change of the time range"
        assert variable["includeAll"] == variable["multi"]
        if variable["includeAll"]:
            assert variable["allValue"] in (".*", ".+")
            assert variable["current"]["value"] == "$__all"
        query = variable["query"]["query"] if dashboard.end == "prometheus" else variable["query"]
        # Of one metric each, that has as many series as there are values, or not many more.
        assert query == "SHOW DATABASES" or re.fullmatch(
            r'label_values\(\w+(\{[^{}]*\})?, \w+\)|SHOW TAG VALUES ON "\$\{\w+:raw\}" FROM "\w+" WITH KEY = "\w+"( WHERE .*)? LIMIT 1000', query), query


def queries(dashboard):
    for panel in dashboard.panels:
        for target in panel["targets"]:
            yield f'{panel["title"]} {target["refId"]}', target["expr"] if dashboard.end == "prometheus" else target["query"]
    for annotation in dashboard.annotations:
        yield annotation["name"], annotation["expr"] if dashboard.end == "prometheus" else annotation["query"]


@EACH
def test_queries_ask_for_what_is_chosen_and_shown(dashboard):
    names = [variable["name"] for variable in dashboard.variables[1:]]
    used = set()
    for where, query in queries(dashboard):
        assert "\n\n" not in query and len(query) < 1200, where
        used |= {name for name in names if re.search(rf"\$\{{?{name}\b", query)}
        if dashboard.end == "influxdb":
            # Else the whole of a measurement is read; and a subquery has no time but its own.
            assert query.count("$timeFilter") + query.count("${__from}") == query.count("SELECT"), where
            assert re.findall(r'FROM (?!\()("\$\{\w+_db:raw\}"\.\."[^"]+")', query), where
        else:
            spans = set(re.findall(r"\[([^\]]+)\]", re.sub(r'"[^"]*"', '""', query)))
            assert spans <= {"$__rate_interval", "$__range", "1h"}, where
    assert used == set(names), "a variable that nothing asks for"
    # Grafana replaces only the first one of these in an annotation.
    assert all(each.get("query", "").count("$timeFilter") <= 1 for each in dashboard.annotations)


@EACH
def test_links_lead_to_the_others(dashboard):
    (link,) = dashboard.json["links"]
    assert link["type"] == "dashboards" and link["tags"] == ["weir-kit", dashboard.end] == dashboard.json["tags"]
    assert link["keepTime"] and link["includeVars"] and not link["targetBlank"]
    there = {each.json["uid"]: {variable["name"] for variable in each.variables} for each in ALL if each.end == dashboard.end}
    for panel in dashboard.panels:
        for each in panel["fieldConfig"]["defaults"].get("links", []):
            uid, variable = re.match(r"/d/([\w-]+)\?var-(\w+)=", each["url"]).groups()
            assert variable in there[uid], each["url"]
            assert "${__url_time_range}" in each["url"]


@EACH
def test_nothing_leads_to_this_machine(dashboard):
    for path, text in places(dashboard.json):
        assert not re.search(r"localhost|127\.0\.0\.1|https?://", text), (path, text)


def test_provisioning_leads_to_servers_and_files_by_post():
    for end, source in data_sources().items():
        assert not re.search(r"localhost|127\.0\.0\.1", source["url"])
        assert source["httpMethod" if end == "prometheus" else "httpMode"] == "POST"
        assert milliseconds(source["timeInterval"]) >= 10_000
    provider = (GRAFANA / "provisioning" / "dashboards" / "weir.yml").read_text()
    assert "path: /var/lib/grafana/dashboards\n" in provider and "foldersFromFilesStructure: true\n" in provider


def test_every_rule_was_seen_to_fail():
    """A rule that finds nothing in a dashboard that breaks it is none."""
    good = next(each for each in ALL if str(each) == "prometheus/flink-cluster").json

    def broken(change):
        text = json.dumps(good)
        made = json.loads(text)
        change(made)
        return Dashboard("prometheus", "flink-cluster", made)

    def panel(made):
        return next(each for each in made["panels"] if each["type"] == "timeseries")

    breaks = [
        (test_ids_are_unique_and_panels_do_not_overlap, lambda made: panel(made).update(id=1)),
        (test_ids_are_unique_and_panels_do_not_overlap, lambda made: panel(made)["gridPos"].update(y=0)),
        (test_each_panel_says_what_it_shows, lambda made: panel(made).update(description="")),
        (test_each_panel_says_what_it_shows, lambda made: panel(made)["fieldConfig"]["defaults"].update(unit="")),
        (test_no_data_source_is_named_but_by_the_variable, lambda made: panel(made)["targets"][0]["datasource"].update(uid="x")),
        (test_variables_are_few_and_all_is_never_a_list, lambda made: made["templating"]["list"][2].update(allValue="")),
        (test_queries_ask_for_what_is_chosen_and_shown, lambda made: panel(made)["targets"][0].update(expr="rate(a[5m])")),
        (test_links_lead_to_the_others, lambda made: panel(made)["fieldConfig"]["defaults"]["links"][0].update(url="/d/x?var-y=1")),
        (test_nothing_leads_to_this_machine, lambda made: made["links"][0].update(url="http://localhost:3000")),
    ]
    for rule, change in breaks:
        with pytest.raises((AssertionError, KeyError)):
            rule(broken(change))


def test_the_files_are_what_the_program_makes():
    """Nobody edits them by hand."""
    sdk = ROOT / "build" / "grafana-sdk" / ".complete"
    if not sdk.exists():
        pytest.skip("Grafana's schema is not there; conf/kit/grafana/fetch_sdk.sh fetches it from PyPI")
    done = subprocess.run(["/usr/bin/python3", GRAFANA / "build.py", "--check"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
