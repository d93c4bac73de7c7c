# SPDX-License-Identifier: Apache-2.0
"""weir itself: what comes in, what goes out, and how long it could do without the other side."""

from .back_ends import Ratio, Text, growth, level, rate, total
from .boards import Board, Choice, Database, Note, Row, graph, stat
from .metrics import scraped, weir

RECEIVED = weir("lines_received_total")
REJECTED = weir("lines_rejected_total")
FROM_SOURCES, OF_SOURCES = weir("source_lines_rejected_total"), weir("source_lines_received_total")
AGE = weir("sink_oldest_pending_age_seconds")
HELD = weir("sink_held_lanes")
LEFT = weir("log_outage_seconds_left")
LOG, KEEP = weir("log_bytes"), weir("log_keep_bytes")
FULL = weir("log_append_full_total")
DISCARDED = weir("sink_discarded_points_total")
LOST = DISCARDED.like(reason="lost|damaged|park_full")
REFUSED = DISCARDED.like(reason="refused|partial|too_large|too_old")
AT_MOST_A_WEEK = 604800


def mean_or_high(seconds, *by):
    """The 99th percentile of a histogram. InfluxQL has no such function: there it is the mean."""
    labels = ", ".join(by)
    return {"prometheus": [Text(lambda of: f"histogram_quantile(0.99, sum by (le, {labels}) "
                                f"(rate({of(weir(seconds + '_bucket'))}[$__rate_interval])))", by)],
            "influxdb": [Ratio(growth(weir(seconds + "_sum")), growth(weir(seconds + "_count")), by)]}


WEIR = Board(
    "weir", "weir", "What comes in, what goes out, and how long weir can do without the servers behind it.",
    [
        Row("Now", [
            stat("Lines received", "Lines that came in, a second.", "short",
                 prometheus=[Text(lambda of: f"sum(rate({of(RECEIVED)}[$__rate_interval]))")], influxdb=[rate(RECEIVED)]),
            stat("Rejected", "Share of the lines that were rejected: weir letters list shows them.", "percentunit",
                 prometheus=[Text(lambda of: f"sum(rate({of(FROM_SOURCES)}[$__rate_interval])) "
                                  f"/ (sum(rate({of(OF_SOURCES)}[$__rate_interval])) > 0) or vector(0)")],
                 influxdb=[Ratio(growth(FROM_SOURCES), growth(OF_SOURCES))], limits=((0.001, "orange"), (0.05, "red"))),
            stat("Oldest point waiting", "Time since the oldest point was received that a sink has not delivered yet.", "s",
                 level(AGE, over="max"), limits=((60, "orange"), (300, "red"))),
            stat("Held databases", "Databases that wait until a cause is repaired; /health names each with its remedy.", "none",
                 level(HELD), limits=((1, "red"),)),
            stat("Log lasts for", "How long the log would still take everything if nothing were delivered.", "s",
                 level(LEFT, over="min"), fine="red", limits=((3600, "orange"), (14400, "green"))),
            stat("Points lost", "Points given up in the time shown: the log or the parking place was full, or the disk was damaged.",
                 "none", total(LOST), decimals=0, limits=((0.5, "red"),)),
        ]),
        Row("In", [
            graph("How many lines come in?", "Lines received, a second, of the databases that get most.", "short",
                  rate(RECEIVED, "database", top=10)),
            graph("Who sends them?", "Lines received, a second, by the kind of program that sends them.", "short",
                  rate(OF_SOURCES, "listener", "agent")),
            graph("Whose lines are rejected?", "Lines rejected, a second, by the kind of program that sends them.", "short",
                  rate(FROM_SOURCES, "listener", "agent"), limits=((1, "orange"),)),
            graph("Why are lines rejected?", "Lines rejected, a second, by reason; nothing before the first one.", "short",
                  rate(REJECTED, "database", "reason", top=10, zero=True), limits=((1, "orange"),)),
            graph("What do clients hear?", "Answers a second, by their status: 5xx says that weir cannot take it now.", "reqps",
                  rate(weir("http_requests_total"), "status")),
            graph("How long do writes take?",
                  "From a request's head to its answer: the 99th percentile (in InfluxDB: the mean), by route.", "s",
                  **mean_or_high("http_request_duration_seconds", "route"), limits=((1, "orange"),)),
        ]),
        Row("Out", [
            graph("How many points does each sink deliver?", "Points that the server has stored, a second.", "short",
                  rate(weir("sink_delivered_points_total"), "sink")),
            graph("How many points wait?", "Points that a sink has not delivered yet.", "short",
                  level(weir("sink_pending_points"), "sink")),
            graph("How long do points wait?", "Time since the oldest point was received that a sink has not delivered yet.", "s",
                  level(AGE, "sink", over="max"), limits=((60, "orange"), (300, "red"))),
            graph("How long does delivery take?",
                  "From a point's receipt to the server's answer: the 99th percentile (in InfluxDB: the mean).", "s",
                  **mean_or_high("sink_delivery_seconds", "sink")),
            graph("What do the servers answer?", "Requests to servers, a second, by the class of the answer; failed: none came.",
                  "reqps", rate(weir("sink_requests_total"), "sink", "status")),
            graph("Is a server down?", "1: the server is taken to be down, and one lane tries for all.", "none",
                  level(weir("sink_breaker_open"), "sink", over="max"), most=1, decimals=0, limits=((1, "red"),)),
            graph("What is held or parked?", "Databases that are held, and points of theirs that left the log for the parking place.",
                  "short", level(HELD, "sink", legend="{{sink}} held"),
                  level(weir("sink_parked_points"), "sink", legend="{{sink}} points parked"), limits=((1, "red"),)),
            graph("What did servers refuse?", "Points that a server refused, within about a minute: weir letters list has them.",
                  "short", growth(REFUSED, "sink", "reason"), limits=((1, "orange"),)),
            graph("Is anything lost?", "Points given up because the log or the parking place was full, or the disk was damaged.",
                  "short", growth(LOST, "sink", "reason"), limits=((1, "red"),)),
        ]),
        Row("Log", [
            graph("How full is the log?", "Bytes of the log on disk, of log.keep.", "percentunit", Ratio(level(LOG), level(KEEP)),
                  most=1, limits=((0.8, "orange"), (0.95, "red"))),
            graph("How long would it last?", "How long the log would still take everything if nothing were delivered; at most a week.",
                  "s", prometheus=[Text(lambda of: f"clamp_max(min by (instance) ({of(LEFT)}), {AT_MOST_A_WEEK})", ("instance",))],
                  influxdb=[level(LEFT, "instance", over="min")], fine="red", limits=((3600, "orange"), (14400, "green"))),
            graph("How fast does it grow?", "Bytes appended to the log, a second, on average over five minutes.", "Bps",
                  level(weir("log_append_bytes_per_second"), "instance")),
            graph("Did it refuse anything?", "Appends refused because the log was full, or because the disk refused them.", "none",
                  growth(FULL, legend="full"), growth(weir("log_append_failures_total"), legend="disk"), limits=((1, "red"),)),
            graph("How long does the disk take?", "Mean duration of a group commit (log.acknowledge = \"synced\" alone).", "s",
                  prometheus=[Text(lambda of: f"sum(rate({of(weir('log_sync_seconds_total'))}[$__rate_interval])) "
                                   f"/ (sum(rate({of(weir('log_syncs_total'))}[$__rate_interval])) > 0) or vector(0)")],
                  influxdb=[growth(weir("log_sync_seconds_total"), legend="s of all commits")]),
            graph("How much do the dead letters hold?", "Bytes of rejected lines on disk, and how many there may be.", "bytes",
                  level(weir("letters_bytes"), legend="now"), level(weir("letters_keep_bytes"), legend="at most")),
        ]),
        Row("Process", [
            graph("How many series and fields are known?", "Series known by database, of those that have most.", "short",
                  level(weir("series"), "database", top=10)),
            graph("How much memory is in use?", "Memory of requests, frames and sinks, of what limits.memory lets each have.",
                  "percentunit", Ratio(level(weir("memory_used_bytes"), "use"), level(weir("memory_limit_bytes"), "use"), ("use",)),
                  most=1, limits=((0.9, "orange"),)),
            graph("How much memory has the process?", "Memory of the process that is resident.", "bytes",
                  prometheus=[Text(lambda of: f"sum by (instance) ({of(scraped('process_resident_memory_bytes'))} "
                                   f"and on (instance) {of(weir('build_info'))})", ("instance",))],
                  influxdb=[level(scraped("process_resident_memory_bytes"), "instance", over="max")]),
            graph("How much CPU time does it take?", "Processors' worth of CPU time that the process takes.", "none",
                  prometheus=[Text(lambda of: f"sum by (instance) (rate({of(scraped('process_cpu_seconds_total'))}[$__rate_interval]) "
                                   f"and on (instance) {of(weir('build_info'))})", ("instance",))],
                  influxdb=[rate(scraped("process_cpu_seconds_total"), "instance")]),
            graph("How many clients are connected?", "HTTP connections that are open.", "none",
                  level(weir("http_connections"), "instance")),
            graph("Which versions run?", "Processes of each version.", "none",
                  prometheus=[Text(lambda of: f"count by (version) ({of(weir('build_info'))})", ("version",))],
                  influxdb=[level(weir("build_info"), "version")]),
        ]),
    ],
    choices=[Choice("weir", "instance", "weir", weir("build_info"), ".+")],
    database=Database("telegraf_db", "Telegraf's database", weir("build_info"), "telegraf"),
    notes=[Note("The log was full", "red", FULL, "instance"),
           Note("A database was held", "orange", weir("sink_holds_total"), "sink")])
