# SPDX-License-Identifier: Apache-2.0
"""A weir in every trouble at once, with names that are out to harm the page that shows them."""

import time

from suite.played import database, detail, group, sink, status

# Markup, a change of direction, a null, a terminal's escape, and no end.
HOSTILE = "<img src=x onerror='window.harmed=1'>\u202egnp.exe\x00\x1b[31m\u2028" + "x" * 300
CREATE = "curl -XPOST 'http://127.0.0.1:8086/query' --data-urlencode 'q=CREATE DATABASE sensors'"

LANE = {
    "database": "sensors", "retention_policy": "", "points": 5120, "bytes": 812345, "age_seconds": 4000,
    "parked_points": 4000, "why": 'the server answered 404: database not found: "sensors"',
    "do": "Create the database, on the server or through weir; the lane goes on by itself.", "command": CREATE,
}  # fmt: skip

ADVICE = [
    {"level": "error", "about": "sink influx", "what": "Sink influx holds database sensors: the server does not have it.",
     "do": "Create it; its points wait and are delivered then.", "command": CREATE},
    {"level": "warning", "about": "senders", "what": "Telegraf/1.24.2 sends seconds as nanoseconds: 42 lines were rejected.",
     "do": "Set `precision=s` at the sender.", "command": ""},
    {"level": "note", "about": "database telegraf", "what": "The tag `request_id` has 48,211 values.", "do": "Make it a field.",
     "command": ""},
]  # fmt: skip


def troubled(databases=50, groups=20):
    now = time.time()
    turn = int(now * 10) % 1000
    hostile_sender = {"listener": HOSTILE, "address": HOSTILE, "agent": HOSTILE, "user": HOSTILE, "database": HOSTILE,
                      "count": 1, "last": now - 400}  # fmt: skip
    example = {**group()["example"], "text": HOSTILE, "shown": HOSTILE, "mark_column": 3, "mark_columns": 4, "database": HOSTILE}
    document = status()
    document["advice"] = ADVICE
    document["sinks"] = [
        sink(state="held", state_text="It delivers 2 of 3 lanes; one is held until its cause is repaired.", do="See its lane below.",
             held_lanes=1, held=[LANE], pending_points=5120, pending_bytes=812345, lag_seconds=4000, parked_points=4000,
             last_error={"age_seconds": 12, "message": LANE["why"]}, discarded={"refused": 12}),
        sink("prometheus", type="remote_write", delivered=turn),
        sink("archive", type="file", state="idle", state_text="Nothing waits.", required=False, delivered_per_second=0),
        sink(HOSTILE, addresses=[HOSTILE], state="down", state_text=HOSTILE, do="Start it.", pending_points=99,
             held=[{**LANE, "database": HOSTILE, "why": HOSTILE, "do": HOSTILE, "command": HOSTILE}]),
    ]  # fmt: skip
    document["rejections"] = [group(code=f"code_{number}", count=turn + number) for number in range(groups - 3)] + [
        group(), group("precision_mended", kind="mended", example=None),
        group("series_limit", title=HOSTILE, senders=[hostile_sender], example=example),
    ]  # fmt: skip
    document["databases"] = {
        "count": databases + 11,
        "shown": [database(f"db{number:02}" if number else HOSTILE, rate=databases - number, received=turn * number,
                           rejected=number % 7) for number in range(databases)],
    }  # fmt: skip
    document["sources"].append({**hostile_sender, "received": 10, "accepted": 9, "rejected": 1, "dropped": 0})
    document["log"].update(share=0.93, bytes=9985798963, outage_seconds_left=400)
    return document


def rejected_detail(name):
    """Why the database is empty: everything is rejected."""
    return {
        **detail(name), "known": True,
        "why": ["Lines arrive: 5,000 since the start, the last one now.", "All were rejected: 5,000 `precision_mistaken`."],
        "lines": {"received": 5000, "accepted": 0, "rejected": {"precision_mistaken": 5000}, "dropped": {}, "mended": {}, "noted": {}},
        "last_received": time.time() - 1,
        "policies": [{"name": "autogen", "default": True, "duration_seconds": None, "from": "sink influx"}],
        "tags": [{"measurement": HOSTILE, "tag": "request_id", "values": 48211}],
        "sinks": [{"name": "influx", "takes": True, "why": "", "pending_points": 0, "delivered": 0, "held": False, "parked_points": 0}],
    }  # fmt: skip


def explained(text):
    """A rejected line, a noted one and one that is well, whatever was asked."""
    first = {"line": 1, "text": text, "verdict": "rejected", "code": "decimal_comma", "title": "a comma inside a number",
             "message": "unable to parse", "explanation": "A comma separates fields.", "remedy": "Write decimals with a point.",
             "column": 23, "length": 1, "shown": "disk,path=/var used=71,5", "mark_column": 22, "mark_columns": 1,
             "repaired": ["disk,path=/var used=71.5"], "notes": [], "point": None, "canonical": None, "becomes": []}  # fmt: skip
    point = {"measurement": HOSTILE, "tags": [["host", HOSTILE]], "fields": [["usage", "float", "0.64"]],
             "time_ns": "1700000000000000000", "time": "2023-11-14T22:13:20Z"}  # fmt: skip
    third = {**first, "line": 3, "verdict": "noted", "code": "", "title": "", "message": "", "explanation": "", "remedy": "",
             "shown": "cpu usage=0.64", "mark_column": None, "mark_columns": None, "repaired": [],
             "notes": [{"code": "x", "title": "a long tag", "explanation": "It is long.", "remedy": "Shorten it."}], "point": point,
             "canonical": HOSTILE, "becomes": [{"sink": "prometheus", "series": 'cpu_usage{host="a"}', "value": "0.64"}]}  # fmt: skip
    return {"lines": [first, third], "accepted": 1, "rejected": 1, "dropped": 0, "truncated": False}
