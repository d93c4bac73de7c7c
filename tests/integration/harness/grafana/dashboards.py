# SPDX-License-Identifier: Apache-2.0
"""The files of conf/kit/grafana."""

import json
import pathlib
import re
from dataclasses import dataclass

GRAFANA = pathlib.Path(__file__).resolve().parents[4] / "conf" / "kit" / "grafana"
ENDS = ("prometheus", "influxdb")


@dataclass(frozen=True)
class Dashboard:
    end: str
    name: str
    json: dict

    def __str__(self):
        return f"{self.end}/{self.name}"

    @property
    def panels(self):
        """Without the titles of rows."""
        return [panel for panel in self.json["panels"] if panel["type"] != "row"]

    @property
    def variables(self):
        return self.json["templating"]["list"]

    @property
    def annotations(self):
        return self.json["annotations"]["list"]


def dashboards():
    found = [Dashboard(path.parent.name, path.stem, json.loads(path.read_text()))
             for path in sorted((GRAFANA / "dashboards").rglob("*.json"))]
    assert {each.end for each in found} == set(ENDS)
    return found


def data_sources():
    """{type: its lines, "key: value", of the provisioned ones}."""
    text = (GRAFANA / "provisioning" / "datasources" / "weir.yml").read_text()
    found = [dict(re.findall(r"^ +(?:- )?(\w+): *(.+?)(?: +#.*)?$", part, re.MULTILINE)) for part in text.split("- name:")[1:]]
    return {each["type"]: each for each in found}
