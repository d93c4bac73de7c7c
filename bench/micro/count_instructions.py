#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a line costs in instructions, held against bench/micro/instructions.json.

callgrind counts them in bench_instructions, so that neither the machine's load nor its CPU matters: valgrind shows every program
the same one, without AVX-512. Compilers and C libraries differ, so the file has figures for each; where it has none for the one
that is here, the figures are printed and nothing is compared (exit status 77). `--renew` writes them. The standard library only.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FIGURES = pathlib.Path(__file__).resolve().parent / "instructions.json"
KERNEL = "avx2"
SKIPPED = 77
# More is a failure; less is worth a renewal, so that what was won stays.
TOLERANCE = 0.05

ENVIRONMENT = {
    "PATH": os.environ.get("PATH", "/usr/bin"),
    "LC_ALL": "C",
    "WEIR_KERNEL": KERNEL,
    # `rep movsb` would count as an instruction for each byte: long copies are made by registers instead.
    "GLIBC_TUNABLES": "glibc.cpu.x86_rep_movsb_threshold=0x7fffffff:glibc.cpu.x86_rep_stosb_threshold=0x7fffffff",
}


class Failed(Exception):
    """Nothing could be counted."""


def output_of(command):
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def count(program, stage, directory):
    """Instructions for each line (or request) of the stage."""
    out = directory / f"{stage}.callgrind"
    printed = output_of(
        ["valgrind", "--tool=callgrind", "--toggle-collect=weir_counted", f"--callgrind-out-file={out}", program, stage]
    )
    pieces = re.search(r"^counted (\d+)$", printed, re.MULTILINE)
    total = re.search(r"^(?:summary|totals): (\d+)$", out.read_text(), re.MULTILINE)
    if not pieces or not total or int(total[1]) == 0:
        raise Failed(f"{stage}: callgrind counted nothing")
    return int(total[1]) / int(pieces[1])


def count_all(program, stages):
    with tempfile.TemporaryDirectory() as directory, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = pool.map(lambda stage: count(program, stage, pathlib.Path(directory)), stages)
        return dict(zip(stages, counts))


def compare(counts, known):
    """Prints both; the stages that cost too much, and those that cost less."""
    dearer, cheaper = [], []
    print(f"{'instructions of':16} {'now':>10} {'known':>10}")
    for stage, now in counts.items():
        before = known.get(stage)
        if before is None:
            print(f"{stage:16} {now:10.1f} {'none':>10}")
            dearer.append(stage)
            continue
        change = now / before - 1
        print(f"{stage:16} {now:10.1f} {before:10.1f} {change:+7.1%}")
        if change > TOLERANCE:
            dearer.append(stage)
        elif change < -TOLERANCE:
            cheaper.append(stage)
    return dearer, cheaper


def write(figures, built_with, counts):
    figures[built_with] = {stage: round(number, 1) for stage, number in counts.items()}
    FIGURES.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
    print(f"{FIGURES.name} has these now, for {built_with}")


def build(directory):
    """What is counted must be what the sources say."""
    done = subprocess.run(
        ["cmake", "--build", directory, "--target", "bench_instructions"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed(f"bench_instructions could not be built:\n{done.stdout}{done.stderr}")
    return directory / "bench_instructions"


def run(arguments):
    if not shutil.which("valgrind"):
        print("skipped: there is no valgrind here")
        return SKIPPED
    if not (arguments.build / "CMakeCache.txt").exists():
        print(f"skipped: nothing is built in {arguments.build} (./dev count does it)")
        return SKIPPED
    program = build(arguments.build)
    # Seen under valgrind, as that is what is counted.
    built_with = output_of(["valgrind", "-q", "--tool=none", program, "--built-with"]).strip()
    if not built_with.endswith(f", {KERNEL}"):
        print(f"skipped: this machine cannot run the kernel {KERNEL}, which is counted")
        return SKIPPED
    counts = count_all(program, output_of([program, "--list"]).split())
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    known = figures.get(built_with)
    dearer, cheaper = compare(counts, known or {})
    if arguments.renew:
        write(figures, built_with, counts)
        return 0
    if known is None:
        print(f"skipped: {FIGURES.name} has no figures for {built_with} (./dev count --renew writes them)")
        return SKIPPED
    if dearer:
        print(f"{', '.join(dearer)}: more than {TOLERANCE:.0%} above what {FIGURES.name} says.")
        print("If it is worth that: ./dev count --renew, and the figures before and after in the commit.")
        return 1
    if cheaper:
        print(f"{', '.join(cheaper)}: cheaper. ./dev count --renew keeps it so.")
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True, help="an optimised build's directory")
    parser.add_argument("--renew", action="store_true", help="write the figures instead of comparing with them")
    try:
        return run(parser.parse_args())
    except Failed as failed:
        print(failed)
        return 1


if __name__ == "__main__":
    sys.exit(main())
