# SPDX-License-Identifier: Apache-2.0
"""docs/clients.md, made of what the last runs saw (`./dev clients --page`). The same results give the same bytes."""

import re

from .catalogue import CLIENTS
from .notes import NOTES
from .toolchains import ROOT

PAGE = ROOT / "docs/clients.md"
STEPS = ("connect", "create", "write", "gzip", "bad line", "type conflict", "503", "restart", "query", "in InfluxDB", "manage")
HEAD = """# Clients

Libraries and programs that write InfluxDB line protocol, unmodified and from their own registries, pointed at weir instead of
at the database. Each was run with a real InfluxDB 1.6.7 behind weir. `./dev clients` runs them all (`./dev clients -k NAME`
some; pytest's arguments), and `./dev clients --page` writes this page of what it saw: change nothing here by hand. A client
whose toolchain or package is not to be had is *skipped*, and the table says why. Those of PHP and .NET were not tried.

What each does, and what the words mean:

| step | what is done | in the table |
|---|---|---|
| connect | ping, health or version, as its documentation has it | yes; —: it has no such thing |
| create | its database or bucket, where it can; retention policies, too | yes; — |
| write | 10,000 points, each with a float, an integer, a boolean and a string, and with tags that need escapes | yes |
| gzip | 1,000 points more, compressed by the client | yes; — |
| bad line | a line without a value between two good ones; the good ones are stored | told: its user sees which line and why; —: it takes no lines |
| type conflict | a string for a field that is an integer | told |
| 503 | a write while weir's log is full, because InfluxDB is gone | told: its user sees an error, and the same write passes later; keeps: it tries again by itself; lost: its user is told nothing; —: it writes by UDP |
| restart | a write while weir is away, on connections that were open | told, keeps, lost; — |
| query | a count of the points, through weir | yes; told: its user sees that this server has no such queries (Flux, Flight) |
| in InfluxDB | every point that was admitted is looked for | once: all are there, with every value, and none came twice |
| manage | what else it can do: change and drop policies or buckets, users, continuous queries, lists, drop of measurements and of the database | yes; — |

"""


def cells(client, seen):
    if "skipped" in seen:
        return [f"skipped: {seen['skipped']}".replace("|", "\\|"), *[""] * (len(STEPS) - 1)]
    return [seen["steps"].get(step, "—") for step in STEPS]


def render(results):
    """`results`: by name of the client."""
    lines = ["| client | version | from | " + " | ".join(STEPS) + " |", "|---" * (len(STEPS) + 3) + "|"]
    for client in CLIENTS:
        row = [client.title, client.version, client.registry, *cells(client, results[client.name])]
        lines.append("| " + " | ".join(row) + " |")
    notes = [f"- {each.title} ({each.registry}): {NOTES[each.name]}" for each in CLIENTS if each.name in NOTES]
    return HEAD + "## What was seen\n\n" + "\n".join(lines) + "\n\n## Worth knowing\n\n" + "\n".join(notes) + "\n"


def rows_on(text):
    """The cells of each row of a page: client, version, from, and what was seen at each step."""
    table = text.partition("## What was seen\n\n")[2].partition("\n\n")[0]
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.splitlines()[2:]]
    return [[cell.strip().replace("\\|", "|") for cell in row] for row in rows]


def named_on(text):
    """(client, version, from) of each row of a page."""
    return [tuple(row[:3]) for row in rows_on(text)]
