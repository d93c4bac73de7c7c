#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what figures.json holds: CPU seconds of weir, of a real Kafka and of databases, for lines of a TSBS host.

    ./dev kafka -k one_broker       # once: fetches Kafka
    bench/scale/measure.py --only intake --rounds 5        # prints; --json FILE keeps what was measured

Contenders are interleaved and each starts afresh in each round; figures are medians of the rounds. CPU is that of a process (user and
system, all its threads), never wall time, so that it may be measured beside other work; what shares a core still
makes it dearer, so a figure says least and most, too. Standard library, and the tests' harness for Kafka.
"""
import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

from measuring import compare  # isort: skip
from measure_client import fitted, rebalances, records
from measuring import NO_SINK, ROOT, START, Broker, Failed, Running, Weir, directory_of, get, kafka_log, load, local_log, metric, say


# --- intake


def intake_contenders(options, broker, number):
    """(name, batch, tables, topic)."""
    out = []
    intake = '[service]\nroles = ["intake"]\n'
    for batch in options.batches:
        out.append((f"memory, {batch}", batch, '[log]\ntype = "memory"\ncompression = "none"\n[[sink]]\n' + NO_SINK, None))
        out.append((f"local, {batch}", batch, local_log() + "[[sink]]\n" + NO_SINK, None))
        out.append((f"local gzip, {batch}", batch, local_log(compression="gzip") + "[[sink]]\n" + NO_SINK, None))
        for compression in ("none", "gzip") if broker else ():
            for shards in options.shards:
                topic = f"t{number}-{compression}-{shards}-{batch}"
                log = kafka_log(broker.kafka.addresses, topic, shards, compression=compression)
                out.append((f"kafka {compression} {shards}, {batch}", batch, log + intake, topic))
    return [each for each in out if not options.names or any(part in each[0] for part in options.names)]


def measure_intake(options, contender, broker):
    name, batch, tables, topic = contender
    directory = directory_of(options)
    weir = None
    try:
        weir = Weir(options, directory, tables)
        warm = max(batch * 8, options.lines // 10)
        load(options, weir.address, warm, batch, START)
        weir.running.wait_until_it_rests()
        before, broker_before = weir.cpu_seconds(), broker.cpu_seconds() if topic else 0.0
        stored_before = broker.stored_bytes(topic) if topic else 0
        done = load(options, weir.address, options.lines, batch, START + 10**15)
        weir.running.wait_until_it_rests()
        cpu = weir.cpu_seconds() - before
        text = weir.metrics()
        accepted = int(metric(text, "weir_lines_accepted_total"))
        if accepted != warm + done["lines_accepted"]:
            raise Failed(f"{name}: {warm + done['lines_accepted']} lines were answered 204, {accepted} accepted")
        lines = done["lines_accepted"]
        return {
            "lines": lines,
            "cpu_us_a_line": cpu / lines * 1e6,
            "lines_per_cpu_second": lines / cpu,
            "broker_cpu_us_a_line": (broker.cpu_seconds() - broker_before) / lines * 1e6 if topic else 0.0,
            "stored_a_line": (broker.stored_bytes(topic) - stored_before) / lines if topic else 0.0,
            "p99_ms": done["latency_ms"]["p99"],
            "lines_per_second": done["lines_per_second"],
        }
    finally:
        if weir is not None:
            weir.running.end()
        shutil.rmtree(directory, ignore_errors=True)


def intake(options, results):
    directory = directory_of(options)
    broker = None if options.without_kafka else Broker(directory, options.kafka, options.brokers)
    try:
        for number in range(options.rounds):
            contenders = intake_contenders(options, broker, number)
            turn = number * 5 % len(contenders)
            for contender in contenders[turn:] + contenders[:turn]:
                found = measure_intake(options, contender, broker)
                results.setdefault("intake", {}).setdefault(contender[0], []).append(found)
                say(options, number, contender[0], found)
                if contender[3]:
                    broker.kafka.topics("--delete", "--topic", contender[3])
    finally:
        if broker:
            broker.end()
        shutil.rmtree(directory, ignore_errors=True)


# --- sinks out of Kafka


def sink_tables(kind, address):
    # In a topic, what a sink of that name has delivered is known: each is a new one.
    name = f"s{time.monotonic_ns()}"
    if kind == "influxdb":
        return f'[[sink]]\nname = "{name}"\ntype = "influxdb"\nurl = "http://{address}"\n'
    return f'[[sink]]\nname = "{name}"\ntype = "remote_write"\nurl = "http://{address}/api/v1/write"\nversion = 1\nout_of_order = "send"\n'


def drained(weir, points, seconds=300):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        text = weir.metrics()
        if metric(text, "weir_sink_discarded_points_total") != 0:
            raise Failed("points were discarded")
        if metric(text, "weir_sink_delivered_points_total") >= points:
            return text
        if weir.running.process.poll() is not None:
            raise Failed("weir ended: " + weir.running.log.read_text(errors="replace")[-2000:])
        time.sleep(0.25)
    raise Failed(f"not delivered in {seconds} s: {metric(text, 'weir_sink_delivered_points_total')} of {points}")


def measure_sink(options, kind, broker, null_address, topic, shards, points):
    """A fresh group reads the whole topic; what it takes to start and find nothing is measured by itself, and taken off."""
    directory = directory_of(options)
    weir = None
    try:
        begin = broker.cpu_seconds()
        group = f"g{time.monotonic_ns()}"
        log = kafka_log(broker.kafka.addresses, topic, shards, group=group, compression="gzip")
        weir = Weir(options, directory, log + '[service]\nroles = ["sinks"]\n' + sink_tables(kind, null_address))
        if points:
            drained(weir, points)
        weir.running.wait_until_it_rests()
        return {"cpu_seconds": weir.cpu_seconds(), "broker_cpu_seconds": broker.cpu_seconds() - begin}
    finally:
        if weir is not None:
            weir.running.end()
        shutil.rmtree(directory, ignore_errors=True)


def sinks(options, results):
    directory = directory_of(options)
    null_server = Running("null_server", [options.null_server, 0], directory)
    broker = Broker(directory, options.kafka, options.brokers)
    try:
        null_address = null_server.wait_for(lambda: null_server.log.read_text().strip())
        for batch in options.batches:
            for shards in options.shards:
                topic, empty = f"f-{shards}-{batch}", f"e-{shards}-{batch}"
                bytes_a_line = fill(options, broker, topic, shards, batch)
                for number in range(options.rounds):
                    for kind in ("influxdb", "remote_write"):
                        rest = measure_sink(options, kind, broker, null_address, empty, shards, 0)
                        work = measure_sink(options, kind, broker, null_address, topic, shards, options.lines)
                        name = f"{kind} {shards}, {batch}"
                        found = {
                            "lines": options.lines,
                            "cpu_us_a_line": (work["cpu_seconds"] - rest["cpu_seconds"]) / options.lines * 1e6,
                            "broker_cpu_us_a_line": (work["broker_cpu_seconds"] - rest["broker_cpu_seconds"]) / options.lines * 1e6,
                            "rest_cpu_seconds": rest["cpu_seconds"],
                            "stored_a_line": bytes_a_line,
                        }
                        results.setdefault("sinks", {}).setdefault(name, []).append(found)
                        say(options, number, name, found)
    finally:
        broker.end()
        null_server.end()
        shutil.rmtree(directory, ignore_errors=True)


def fill(options, broker, topic, shards, batch):
    directory = directory_of(options)
    weir = Weir(options, directory, kafka_log(broker.kafka.addresses, topic, shards, compression="gzip") + '[service]\nroles = ["intake"]\n')
    try:
        load(options, weir.address, options.lines, batch, START)
        weir.running.wait_until_it_rests()
        return broker.stored_bytes(topic) / options.lines
    finally:
        weir.running.end()
        shutil.rmtree(directory, ignore_errors=True)


# --- sinks behind a local log: intake and delivery of one process


def local_sinks(options, results):
    """CPU of a weir that takes lines and delivers them, and what it sends; without a sink's share: the contender `null`."""
    for number in range(options.rounds):
        for kind in ("null", "influxdb", "remote_write"):
            directory = directory_of(options)
            null_server = Running("null_server", [options.null_server, 0], directory)
            weir = None
            try:
                address = null_server.wait_for(lambda: null_server.log.read_text().strip())
                sink = "[[sink]]\n" + NO_SINK if kind == "null" else sink_tables(kind, address)
                weir = Weir(options, directory, local_log(compression="gzip") + sink)
                before = weir.cpu_seconds()
                load(options, weir.address, options.lines, 5000, START)
                drained(weir, options.lines)
                weir.running.wait_until_it_rests()
                cpu = weir.cpu_seconds() - before
                weir.running.end()
                null_server.end()
                sent = int(re.search(r"requests, (\d+) bytes", null_server.log.read_text())[1])
                found = {"cpu_us_a_line": cpu / options.lines * 1e6, "sent_a_line": sent / options.lines}
                results.setdefault("local_sinks", {}).setdefault(kind, []).append(found)
                say(options, number, kind, found)
            finally:
                for each in (weir and weir.running, null_server):
                    if each is not None:
                        each.end()
                shutil.rmtree(directory, ignore_errors=True)


# --- databases


def databases(options, results):
    """CPU of a real InfluxDB 1 and of a real VictoriaMetrics for the lines that a weir delivers to them."""
    servers = options.servers
    for number in range(options.rounds):
        for kind in ("influxdb", "remote_write"):
            directory = directory_of(options)
            server = weir = None
            try:
                server, address = start_database(kind, servers, directory)
                tables = local_log(compression="gzip") + sink_tables(kind, address)
                weir = Weir(options, directory, tables)
                load(options, weir.address, 20_000, 5000, START)
                weir.running.wait_until_it_rests()
                server.wait_until_it_rests(120)
                before, weir_before = server.cpu_seconds(), weir.cpu_seconds()
                done = load(options, weir.address, options.lines, 5000, START + 10**15)
                drained(weir, options.lines + 20_000)
                weir.running.wait_until_it_rests()
                server.wait_until_it_rests(120)
                lines = done["lines_accepted"]
                found = {
                    "lines": lines,
                    "cpu_us_a_line": (server.cpu_seconds() - before) / lines * 1e6,
                    "weir_cpu_us_a_line": (weir.cpu_seconds() - weir_before) / lines * 1e6,
                }
                results.setdefault("databases", {}).setdefault(kind, []).append(found)
                say(options, number, kind, found)
            finally:
                for each in (weir and weir.running, server):
                    if each is not None:
                        each.end()
                shutil.rmtree(directory, ignore_errors=True)


def start_database(kind, servers, directory):
    port, other = compare.free_port(), compare.free_port()
    address = f"127.0.0.1:{port}"
    if kind == "influxdb":
        config = directory / "influxdb.conf"
        config.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{other}"\n'
            f'[meta]\ndir = "{directory}/meta"\n[data]\ndir = "{directory}/data"\nwal-dir = "{directory}/wal"\n'
            f'query-log-enabled = false\n[http]\nbind-address = "{address}"\nlog-enabled = false\nmax-body-size = 0\n[monitor]\nstore-enabled = false\n'
        )
        server = Running("influxd", [servers / "influxdb/usr/bin/influxd", "run", "-config", config], directory)
        server.wait_for(lambda: answers(address, "/ping"))
        subprocess.run(
            ["curl", "-sf", "-XPOST", f"http://{address}/query", "--data-urlencode", "q=CREATE DATABASE bench"], check=True, stdout=subprocess.DEVNULL
        )
        return server, address
    binary = servers / "victoria-metrics/usr/bin/victoria-metrics"
    command = [binary, f"-httpListenAddr={address}", f"-storageDataPath={directory}/data", "-retentionPeriod=100y"]
    server = Running("victoria-metrics", command, directory)
    server.wait_for(lambda: answers(address, "/health"))
    return server, address


def answers(address, path):
    try:
        get(address, path)
        return True
    except OSError:
        return False


# --- what it says


def summary(results):
    for part, of in results.items():
        print(f"\n{part}")
        for name, rounds in of.items():
            keys = [key for key, value in rounds[0].items() if isinstance(value, float)]
            words = []
            for key in keys:
                values = sorted(each[key] for each in rounds)
                words.append(f"{key} {statistics.median(values):.3f} ({values[0]:.3f} to {values[-1]:.3f})")
            print(f"  {name}: " + ", ".join(words))


def ratios(results):
    """Lines per CPU second into Kafka, against the local log's of the same round."""
    of = results.get("intake", {})
    for name, rounds in of.items():
        if not name.startswith("kafka"):
            continue
        batch = name.rpartition(", ")[2]
        base = of.get(f"local{' gzip' if ' gzip ' in name else ''}, {batch}", [])
        each = [mine["lines_per_cpu_second"] / its["lines_per_cpu_second"] for mine, its in zip(rounds, base)]
        if each:
            print(f"  {name} against the local log: {statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/bench/weir")
    parser.add_argument("--null-server", type=pathlib.Path, default=ROOT / "build/bench/null_server")
    parser.add_argument("--records", type=pathlib.Path, default=ROOT / "build/bench/scale_records")
    parser.add_argument("--servers", type=pathlib.Path, default=ROOT / "build/servers")
    parser.add_argument("--kafka", type=pathlib.Path, default=ROOT / "build/kafka")
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--directory", help="where logs are written (default: the system's)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--warm", type=int, default=2, help="rounds of records that do not count: Java compiles meanwhile")
    parser.add_argument("--lines", type=int, default=600_000, help="of each measurement")
    parser.add_argument("--batches", type=int, nargs="+", default=[5000], help="lines a request")
    parser.add_argument("--shards", type=int, nargs="+", default=[1, 12, 64])
    parser.add_argument("--names", nargs="*", help="only contenders with one of these in their names")
    parser.add_argument("--without-kafka", action="store_true", help="intake: memory and local logs alone")
    parser.add_argument("--only", choices=["records", "rebalances", "intake", "local_sinks", "sinks", "databases"], action="append")
    parser.add_argument("--json", type=pathlib.Path, help="write every measurement to this file")
    options = parser.parse_args()
    for name in ("weir", "null_server", "records", "servers", "kafka"):
        setattr(options, name, getattr(options, name).resolve())
    return options


def main():
    options = arguments()
    results = {}
    try:
        for part in (records, rebalances, intake, local_sinks, sinks, databases):
            if options.only is None or part.__name__ in options.only:
                part(options, results)
    finally:
        summary(results)
        ratios(results)
        fitted(results)
        if options.json:
            options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"measure.py: {failed}")
