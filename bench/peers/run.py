#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Weir's parser and the published parsers of others on the same bytes, interleaved in one run.

Builds what this machine's toolchains allow (Go, Rust, Java with Maven) in a folder of its own, lets
every contender read every data set in each round, checks that all have read the same, and prints
medians as a table. bench/README.md says what is fair about it. The standard library only.
"""

import argparse
import dataclasses
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
from typing import Callable

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SETS = ["tsbs_int", "tsbs_float", "flink", "tiny", "text", "mix"]
RUN_SECONDS_MAX = 300
BUILD_SECONDS_MAX = 1200


class Failed(Exception):
    """Something could not be built, or did not read what it should."""


@dataclasses.dataclass(eq=False)  # hashable: a contender is itself
class Contender:
    name: str
    command: list  # to which FILE and PASSES are added
    environment: dict = dataclasses.field(default_factory=dict)
    is_weir: bool = False
    # What it does not decode and therefore need not agree about.
    leaves_out: tuple = ()


# --- building


def run(command, cwd=None, seconds=BUILD_SECONDS_MAX, environment=None):
    """The standard output of a command that must succeed."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as late:
        raise Failed(f"{' '.join(command)}: not done after {seconds} s") from late
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def copy_sources(language, work):
    """Toolchains write beside their sources; ours stay clean."""
    target = work / language
    shutil.copytree(HERE / language, target, dirs_exist_ok=True)
    return target


def build_go(work):
    source = copy_sources("go", work)
    binaries = work / "bin"
    binaries.mkdir(exist_ok=True)
    run(["go", "build", "-o", f"{binaries}/", "./cmd/..."], cwd=source)
    return [
        Contender("VictoriaMetrics (Go)", [binaries / "victoriametrics"], leaves_out=("strings",)),
        Contender("line-protocol v2 (Go)", [binaries / "lineprotocol"]),
        Contender("InfluxDB 1.x (Go)", [binaries / "influxdb1"]),
    ]


def build_rust(work):
    source = copy_sources("rust", work)
    run(["cargo", "build", "--release", "--quiet"], cwd=source)
    binary = source / "target" / "release" / "influxdb_line_protocol_peer"
    return [Contender("influxdb-line-protocol (Rust)", [binary])]


def build_java(work):
    source = copy_sources("java", work)
    library = source / "library"
    # Another version of it may lie there from an earlier run.
    shutil.rmtree(library, ignore_errors=True)
    copy = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={library}"]
    run(copy, cwd=source)
    classes = source / "classes"
    program = source / "src" / "QuestdbPeer.java"
    run(["javac", "-cp", f"{library}/*", "-d", classes, program])
    command = ["java", "-XX:+UseSerialGC", "-cp", f"{classes}:{library}/*", "QuestdbPeer"]
    return [Contender("QuestDB (Java)", command)]


@dataclasses.dataclass
class Toolchain:
    language: str
    programs: tuple
    build: Callable


TOOLCHAINS = [
    Toolchain("Go", ("go",), build_go),
    Toolchain("Rust", ("cargo",), build_rust),
    Toolchain("Java", ("java", "javac", "mvn"), build_java),
]


def build_peers(languages, work):
    peers = []
    for toolchain in TOOLCHAINS:
        if toolchain.language.lower() not in languages:
            continue
        missing = [program for program in toolchain.programs if shutil.which(program) is None]
        if missing:
            tell(f"left out: the peers in {toolchain.language}, for which {', '.join(missing)} is missing")
            continue
        tell(f"building the peers in {toolchain.language}")
        try:
            peers += toolchain.build(work)
        except Failed as failure:
            # As good as missing: too old, or without a way to its packages.
            tell(f"left out: the peers in {toolchain.language}, which could not be built:\n{failure}")
    return peers


def weir_contenders(binary, wanted):
    kernels = run([binary, "--kernels"]).split()
    unknown = [kernel for kernel in wanted if kernel not in kernels]
    if unknown:
        raise Failed(f"no kernel {', '.join(unknown)} here; there are {', '.join(kernels)}")
    chosen = wanted or kernels
    weirs = [
        Contender(f"weir, {kernel}", [binary], {"WEIR_KERNEL": kernel}, is_weir=True)
        for kernel in chosen
    ]
    best = {"WEIR_KERNEL": chosen[0]}
    weirs.append(Contender(f"weir, {chosen[0]}, unescaped", [binary, "--unescape"], best, is_weir=True))
    return weirs


# --- measuring


def measure(contender, path, passes):
    """GB per CPU second of each pass, and what was read."""
    command = [*contender.command, path, passes]
    out = run(command, seconds=RUN_SECONDS_MAX, environment=contender.environment)
    found = json.loads(out)
    kernel = contender.environment.get("WEIR_KERNEL")
    if kernel is not None and found["kernel"] != kernel:
        raise Failed(f"{contender.name} used the kernel {found['kernel']}")
    if found["bytes"] != path.stat().st_size or len(found["seconds"]) != passes:
        raise Failed(f"{contender.name} did not read all of {path}: {out}")
    return [found["bytes"] / 1e9 / seconds for seconds in found["seconds"]], found["tally"]


def check_tallies(data_set, contenders, tallies):
    """All must have read what the first contender, weir, has read."""
    for contender in contenders:
        for name, expected in tallies[contenders[0]].items():
            found = tallies[contender][name]
            if name not in contender.leaves_out and found != expected:
                raise Failed(f"{data_set}: {contender.name} read {name} = {found}, weir {expected}")


class Figures:
    """GB per CPU second by data set and contender: the best pass of each round."""

    def __init__(self):
        self.rounds = {}

    def add(self, data_set, contender, figure):
        self.rounds.setdefault((data_set, contender.name), []).append(figure)

    def median(self, data_set, contender):
        return statistics.median(self.rounds[data_set, contender.name])

    def best(self, data_set, contender):
        return max(self.rounds[data_set, contender.name])

    def ratio(self, data_set, contender, peer):
        """The median of the ratios of the same round."""
        pairs = zip(self.rounds[data_set, contender.name], self.rounds[data_set, peer.name])
        return statistics.median(mine / theirs for mine, theirs in pairs)


def measure_all(contenders, sets, folder, options):
    figures = Figures()
    for number in range(options.rounds):
        # Another one begins in each round.
        turn = number % len(contenders)
        order = contenders[turn:] + contenders[:turn]
        for data_set in sets:
            tell(f"round {number + 1} of {options.rounds}: {data_set}")
            tallies = {}
            for contender in order:
                rates, tallies[contender] = measure(contender, folder / f"{data_set}.lp", options.passes)
                figures.add(data_set, contender, max(rates))
            check_tallies(data_set, contenders, tallies)
    return figures


# --- printing


def tell(text):
    print(text, file=sys.stderr, flush=True)


def print_table(title, sets, rows):
    print(f"\n| {title} | " + " | ".join(sets) + " |")
    print("|---|" + "---|" * len(sets))
    for name, cells in rows:
        print(f"| {name} | " + " | ".join(cells) + " |")


def print_figures(contenders, sets, figures):
    for title, of in (("GB per CPU second, median", figures.median), ("best", figures.best)):
        rows = [(each.name, [f"{of(data_set, each):.2f}" for data_set in sets]) for each in contenders]
        print_table(title, sets, rows)
    peers = [each for each in contenders if not each.is_weir]
    if not peers:
        print("\nNo peer was built, so there are no ratios.")
        return
    best = {each: max(peers, key=lambda peer: figures.median(each, peer)) for each in sets}
    rows = []
    for weir in (each for each in contenders if each.is_weir):
        ratios = [figures.ratio(data_set, weir, best[data_set]) for data_set in sets]
        rows.append((weir.name, [f"{ratio:.1f} ×" for ratio in ratios]))
    rows.append(("the best peer", [best[data_set].name for data_set in sets]))
    print_table("against the best peer", sets, rows)


# --- the program


def words(text):
    return [word for word in text.split(",") if word]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    build = ROOT / "build" / "bench" / "peers"
    parser.add_argument("--build", type=pathlib.Path, default=build, help="where peer_weir and write_data are")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / "build" / "peers", help="where peers and data go")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--passes", type=int, default=25, help="readings in a round, of which the best counts")
    parser.add_argument("--bytes", type=int, default=4_000_000, help="of each data set")
    parser.add_argument("--sets", type=words, default=SETS, help="data sets, with commas")
    parser.add_argument("--kernels", type=words, default=[], help="weir's kernels, with commas (default: all here)")
    languages = [each.language.lower() for each in TOOLCHAINS]
    parser.add_argument("--languages", type=words, default=languages, help="of the peers, with commas; may be empty")
    parser.add_argument("--json", type=pathlib.Path, help="also write every figure to this file")
    options = parser.parse_args()
    for name in ("rounds", "passes", "bytes"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if unknown := set(options.languages) - set(languages):
        parser.error(f"--languages: no peer in {', '.join(unknown)}; there are {', '.join(languages)}")
    return options


def main():
    options = arguments()
    # What is run must be found whatever the folder it is run in.
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    build = options.build.resolve()
    contenders = weir_contenders(build / "peer_weir", options.kernels)
    contenders += build_peers(options.languages, work)
    data = work / "data"
    data.mkdir(exist_ok=True)
    run([build / "write_data", data, options.bytes])
    for data_set in options.sets:
        if not (data / f"{data_set}.lp").exists():
            raise Failed(f"there is no data set {data_set}")
    figures = measure_all(contenders, options.sets, data, options)
    print_figures(contenders, options.sets, figures)
    if options.json:
        measured = [
            {"set": data_set, "contender": name, "gb_per_cpu_second": rounds}
            for (data_set, name), rounds in figures.rounds.items()
        ]
        options.json.write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except Failed as failure:
        sys.exit(f"run.py: {failure}")
