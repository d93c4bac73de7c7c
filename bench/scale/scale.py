#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/scale.md, worked out from figures.json by model.py and rebalance.py.

    bench/scale/scale.py                             # prints them
    bench/scale/scale.py --write                     # puts them into docs/scale.md; the test `bench_scale` holds them against it
    bench/scale/scale.py --rate 3 --sink remote_write --lines 500 --cores 32 --nic 100      # one case of your own
    bench/scale/scale.py --rebalance 20 120          # of so many sinks processes and partitions

Standard library only.
"""
import argparse
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import model  # noqa: E402
import rebalance  # noqa: E402

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "scale.md"
RATES = (0.1, 1.0, 10.0, 100.0)
INTAKES = (2, 10, 100, 1000)
KINDS = {"influxdb": "InfluxDB 1", "remote_write": "VictoriaMetrics"}
TURNS = (500, 5000, 50_000)
GROUPS = ((3, 12), (10, 48), (100, 384), (1000, 3072))


# --- numbers as text


def count(number):
    return f"{number:,.0f}"


def amount(number):
    """Three digits that count."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def seconds(number):
    return f"{number:.1f} s" if number >= 0.05 or number == 0 else f"{number * 1000:.0f} ms"


def per_cent(share):
    return f"{100 * share:.0f} %"


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def layout(made):
    topics = f"{count(made.topics)} × " if made.topics > 1 else ""
    return f"{topics}{count(made.partitions)}"


def fullest(made):
    kind, resource, share = model.next_bottleneck(made)
    return f"{kind}: {resource} ({per_cent(share)})"


# --- tables


def rates(figures, machine=model.Machine()):
    rows = []
    for kind, name in KINDS.items():
        workload = model.Workload(sinks=(kind,))
        for rate in RATES:
            made = model.plan(figures, workload, machine, rate)
            lines = rate * 1e9 / workload.line_bytes
            rows.append(
                [f"{rate:g}", f"{lines / 1e6:,.1f}", name, layout(made), count(made.intakes), count(made.brokers), count(made.sinks)]
                + [count(made.databases), fullest(made)]
            )
    head = ["GB/s", "million lines/s", "into", "topics × partitions", "intakes", "brokers", "sinks", "databases", "full first"]
    return table(head, rows)


def fleets(figures, machine=model.Machine()):
    rows = []
    for kind, name in KINDS.items():
        workload = model.Workload(sinks=(kind,))
        for intakes in INTAKES:
            rate, made = model.rate_of(figures, workload, machine, intakes)
            resource, _ = made.fullest["intakes"]
            kinds = {"brokers": made.brokers, "sinks": made.sinks, "databases": made.databases}
            most = max(kinds, key=kinds.get)
            rows.append(
                [count(intakes), name, amount(rate), resource, layout(made), count(made.brokers), count(made.sinks), count(made.databases)]
                + [f"{most}: {made.fullest[most][0]}"]
            )
    head = ["intakes", "into", "GB/s", "their limit", "topics × partitions", "brokers", "sinks", "databases", "next bottleneck"]
    return table(head, rows)


def networks(figures, rate=100.0):
    rows = []
    for kind, name in KINDS.items():
        workload = model.Workload(sinks=(kind,))
        for nic in (10, 25, 100):
            made = model.plan(figures, workload, model.Machine(nic_gbit=nic), rate)
            cells = []
            for of in ("intakes", "brokers", "sinks", "databases"):
                cells.append(f"{count(getattr(made, of))} ({made.fullest[of][0]})")
            rows.append([f"{nic} Gb/s", name, *cells])
    return table(["network of a machine", "into", "intakes", "brokers", "sinks", "databases"], rows)


def one_topic(figures):
    rows = []
    for lines in TURNS:
        for kind, name in KINDS.items():
            workload = model.Workload(lines_a_turn=lines, sinks=(kind,))
            rate, partitions, stops = model.farthest(figures, workload)
            made = model.frames(figures, workload, partitions)
            rows.append([count(lines), name, amount(rate), count(partitions), stops, f"{made.bytes / 1000:,.1f} kB"])
    return table(["lines a request", "into", "GB/s at most", "partitions", "what stops it", "lines of a frame"], rows)


def cuts(figures):
    rows = []
    for lines in TURNS:
        for partitions in (1, 12, 48, 192, 768, 3072):
            workload = model.Workload(lines_a_turn=lines)
            found = model.demand(figures, workload, 1.0, partitions)
            made = found.frames
            rows.append(
                [count(lines), count(partitions), f"{made.bytes / 1000:,.1f} kB", f"{made.ratio * workload.line_bytes:.0f}"]
                + [count(made.per_gb), amount(found.intake_cores), amount(found.broker_cores), amount(found.sink_cores)]
            )
    head = ["lines a request", "partitions", "lines of a frame", "stored bytes a line", "frames of a GB"]
    return table([*head, "CPU s a GB: intake", "brokers", "influxdb sink"], rows)


def rebalances(groups=GROUPS):
    rows = []
    for members, partitions in groups:
        for what in rebalance.EVENTS:
            if what == "rolling upgrade" and members > 100:
                continue  # an upgrade of 1,000 takes half a day, and is 1,000 times what 100 show
            found = rebalance.outcome(what, members, partitions, seeds=range(1, 8 if members < 100 else 4))
            rows.append(
                [count(members), count(partitions), what, per_cent(found.moved_share) if found.moved_share >= 0.01 else f"{100 * found.moved_share:.1f} %"]
                + [seconds(found.p50), seconds(found.p99), seconds(found.longest), seconds(found.repeats), amount_of_time(found.whole)]
            )
    head = ["processes", "partitions", "one …", "partitions that move", "pause p50", "p99", "longest", "delivered again, at most", "until whole"]
    return table(head, rows)


def held(figures):
    """A real group's pauses, and those that are played for one of its size whose members have nothing to stop and to take up."""
    of = figures.tree["rebalances"]
    rows = []
    for what in ("joins", "leaves", "is killed"):
        played = rebalance.outcome(what, 3, 12, rebalance.Timings(release=0.0, take=0.0), seeds=range(1, 40))
        real = of[what]
        rows.append([what, f"{real['median']:.1f} s ({real['least']:.1f} to {real['greatest']:.1f})", f"{seconds(played.p50)}, at most {seconds(played.longest)}"])
    return table(["one of three …", "a real group", "played"], rows)


def intake(figures):
    """One weir's own CPU for a line, into a local log and into Kafka, rounds in turn."""
    rows = []
    for name, of in figures.tree["intake"]["contenders"].items():
        ratio = f"{of['ratio']:.2f} ({of['ratio_least']:.2f} to {of['ratio_greatest']:.2f})" if "ratio" in of else ""
        rows.append([name, f"{of['us']:.2f} µs ({of['us_least']:.2f} to {of['us_greatest']:.2f})", ratio, amount(of["stored"]) if of["stored"] else ""])
    return table(["log", "CPU a line", "lines per CPU second, against the local log", "stored bytes a line"], rows)


def amount_of_time(value):
    return f"{value / 60:,.0f} min" if value >= 120 else seconds(value)


def measured(figures):
    rows = []
    for name, of in figures.tree["measured"].items():
        spread = f" ({of['least']:g} to {of['greatest']:g})" if "least" in of else ""
        rows.append([of["what"], f"{of['value']:g} {of['unit']}{spread}", f"`{of['command']}`", of["on"]])
    return table(["what", "figure", "measured by", "on"], rows)


def assumed(figures):
    rows = [[of["what"], f"{of['value']:g} {of['unit']}".rstrip(), of["why"]] for of in figures.tree["assumed"].values()]
    return table(["what", "figure", "why"], rows)


TABLES = {
    "rates": rates,
    "fleets": fleets,
    "networks": networks,
    "one topic": one_topic,
    "intake": intake,
    "cuts": cuts,
    "rebalances": lambda figures: rebalances(),
    "held": held,
    "measured": measured,
    "assumed": assumed,
}


# --- the page


def filled(page, figures):
    """The page with its tables as they are worked out now. Each stands between two comments with its name."""
    for name, make in TABLES.items():
        begin, end = f"<!-- scale.py: {name} -->\n", "<!-- end -->"
        pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.DOTALL)
        if len(pattern.findall(page)) != 1:
            raise ValueError(f"the page has no place for the table {name!r}, or two")
        text = begin + "\n" + "\n".join(make(figures)) + "\n\n" + end
        page = pattern.sub(lambda _, text=text: text, page)
    return page


def one_case(figures, options):
    workload = model.Workload(line_bytes=options.line_bytes, lines_a_turn=options.lines, sinks=tuple(options.sink or ["influxdb"]), replication=options.replication)
    machine = model.Machine(cores=options.cores, nic_gbit=options.nic)
    made = model.plan(figures, workload, machine, options.rate)
    if made is None:
        return ["No number of topics and partitions takes this: see --lines, which says how much a request has."]
    out = [f"{options.rate:g} GB/s into {layout(made)} partitions: {made.machines():,} machines"]
    for kind in ("intakes", "brokers", "sinks", "databases"):
        resource, share = made.fullest[kind]
        out.append(f"  {kind}: {getattr(made, kind):,} (fullest: {resource}, {per_cent(share)} of what the model lets it have)")
    out.append(f"  frames: {made.demand.frames.bytes / 1000:,.1f} kB of lines, stored in {per_cent(made.demand.frames.ratio)} of it")
    for name, share in model.obstacles(figures, made.demand, made.partitions):
        out.append(f"  {name}: {per_cent(share)} of what there is")
    return out


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the tables into docs/scale.md")
    parser.add_argument("--check", action="store_true", help="fail if docs/scale.md has others")
    parser.add_argument("--figures", type=pathlib.Path, default=model.FIGURES)
    parser.add_argument("--rate", type=float, help="GB/s of line protocol")
    parser.add_argument("--sink", action="append", choices=list(KINDS))
    parser.add_argument("--lines", type=int, default=5000, help="of a request")
    parser.add_argument("--line-bytes", type=float, default=350.0)
    parser.add_argument("--replication", type=int, default=3)
    parser.add_argument("--cores", type=int, default=model.Machine.cores)
    parser.add_argument("--nic", type=float, default=model.Machine.nic_gbit, help="Gb/s")
    parser.add_argument("--rebalance", type=int, nargs=2, metavar=("PROCESSES", "PARTITIONS"))
    options = parser.parse_args()
    if options.rate is not None and options.rate <= 0:
        parser.error("--rate is above 0")
    if options.lines < 1 or options.cores < 1 or options.nic <= 0 or options.line_bytes <= 0 or options.replication < 1:
        parser.error("--lines, --line-bytes, --replication, --cores and --nic are above 0")
    if options.rebalance and min(options.rebalance) < 2:
        parser.error("--rebalance: two processes and two partitions at least")
    return options


def main():
    options = arguments()
    if options.rebalance:
        print("\n".join(rebalances([options.rebalance])))
        return 0
    figures = model.Figures.load(options.figures)
    if options.rate is not None:
        print("\n".join(one_case(figures, options)))
        return 0
    if options.write or options.check:
        page = PAGE.read_text()
        made = filled(page, figures)
        if options.write:
            PAGE.write_text(made)
        elif made != page:
            print("docs/scale.md has other tables than bench/scale/scale.py: run it with --write", file=sys.stderr)
            return 1
        return 0
    for name, make in TABLES.items():
        print(f"\n## {name}\n\n" + "\n".join(make(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
