#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over the sources, on all cores: python3 .ci/lint.py BUILD_FOLDER [FILE...]

Lints what has a compile command in BUILD_FOLDER and lies in include/, parser/ or proxy/, or the files named. A file
that was clean is not linted again until it, a header that it includes, its compile command, .clang-tidy or clang-tidy
itself changes: BUILD_FOLDER/lint.json has what was clean. Status 1 when there is a finding.

Most of clang-tidy's time goes to the standard library's headers, anew for each source. So sources of one library are
linted several at a time, as one that includes them; where that has findings, or cannot be compiled because two
have helpers of the same name, each is linted alone, and only that counts.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINTED = ("include/", "parser/", "proxy/")
TIDY = "clang-tidy-14"
# The analyzer follows every path of a function, up to this many states: its default of 225,000 takes five times as
# long for the whole tree, and found nothing more there. The commands are those of g++, and clang does not know all of
# its warnings.
ARGUMENTS = ["--extra-arg=-Xclang", "--extra-arg=-analyzer-config", "--extra-arg=-Xclang",
             "--extra-arg=max-nodes=20000", "--extra-arg=-Wno-unknown-warning-option"]

# Sources linted at a time.
PACK = 8


def compile_commands(build: Path, names: list[str]) -> dict[str, dict]:
    """The commands by file, relative to the root."""
    wanted = {str(Path(name).resolve().relative_to(ROOT)) for name in names}
    commands = {}
    for each in json.loads((build / "compile_commands.json").read_text()):
        path = os.path.relpath(os.path.join(each["directory"], each["file"]), ROOT)
        if path in wanted if wanted else path.startswith(LINTED):
            commands[path] = each
            words = each["command"].split()
            # A source is read by itself, so that an include that it forgot is found.
            while (at := next((i for i, word in enumerate(words) if word.endswith("cmake_pch.hxx")), 0)) != 0:
                del words[at - 1:at + 1]
            each["command"] = " ".join(word for word in words if word != "-Winvalid-pch")
    missing = wanted - commands.keys()
    if missing:
        sys.exit(f"lint: no compile command for {', '.join(sorted(missing))}")
    return commands


def includes_by_object(build: Path) -> dict[str, list[str]]:
    """What the compiler read for each object, as ninja remembers it."""
    listed = subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout
    includes: dict[str, list[str]] = {}
    current: list[str] = []
    for line in listed.splitlines():
        if line.startswith("    "):
            current.append(os.path.realpath(build / line.strip()))
        elif ": #deps" in line:
            current = includes.setdefault(line.partition(":")[0], [])
    return includes


class Keys:
    """A key changes whenever clang-tidy could find something else in a file."""

    def __init__(self, build: Path):
        version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
        self.common = version + (ROOT / ".clang-tidy").read_text() + "".join(ARGUMENTS)
        self.includes = includes_by_object(build)
        self.digests: dict[str, str] = {}

    def digest(self, path: str) -> str:
        if path not in self.digests:
            file = Path(path)
            text = file.read_bytes() if file.exists() else b"missing"
            self.digests[path] = hashlib.sha256(text).hexdigest()
        return self.digests[path]

    def of(self, command: dict) -> str | None:
        """None: the file was not compiled, so what it includes is not known."""
        words = command["command"].split()
        includes = self.includes.get(words[words.index("-o") + 1])
        if includes is None:
            return None
        parts = [self.common, command["command"]] + [self.digest(path) for path in includes]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def lint(folder: Path, path: str) -> tuple[str, str, float]:
    began = time.monotonic()
    run = subprocess.run([TIDY, "-p", folder, "--quiet", *ARGUMENTS, ROOT / path], capture_output=True, text=True)
    # Without findings clang-tidy still counts the warnings that it did not show, on standard error.
    findings = run.stdout if run.returncode == 0 else run.stdout + run.stderr
    return path, findings.strip(), time.monotonic() - began


def local_names(path: str) -> set[str]:
    """What a source names at the margin of its anonymous namespaces, roughly: two sources with the same do not go together."""
    text = (ROOT / path).read_text()
    inside = re.findall(r"^namespace \{$(.*?)^\}  // namespace$", text, re.M | re.S)
    return {name for part in inside for name in re.findall(r"^(?! )[^\n(={;]*?\b(\w+) *[({=;\[]", part, re.M)}


def packs_of(commands: dict[str, dict], paths: list[str]) -> list[list[str]]:
    by_flags: dict[str, list[tuple[list[str], set[str]]]] = {}
    for path in paths:
        words = commands[path]["command"].split()
        at = words.index("-o")
        packs = by_flags.setdefault(" ".join(words[:at]), [])
        names = local_names(path)
        for pack, taken in packs:
            if len(pack) < PACK and not taken & names:
                pack.append(path)
                taken |= names
                break
        else:
            packs.append(([path], names))
    return [pack for packs in by_flags.values() for pack, _ in packs]


def is_clean_together(folder: Path, number: int, commands: dict[str, dict], pack: list[str]) -> bool:
    here = folder / f"pack{number}"
    here.mkdir(exist_ok=True)
    source = here / "pack.cpp"
    source.write_text("".join(f'#include "{ROOT / path}"  // NOLINT(bugprone-suspicious-include)\n' for path in pack))
    of = commands[pack[0]]
    words = of["command"].split()
    # A name in one source may hide one in another.
    words = words[:words.index("-o")] + ["-Wno-shadow", "-c", shlex.quote(str(source))]
    command = {"directory": of["directory"], "file": str(source), "command": " ".join(words)}
    (here / "compile_commands.json").write_text(json.dumps([command]))
    return subprocess.run([TIDY, "-p", here, "--quiet", *ARGUMENTS, source], capture_output=True).returncode == 0


def lint_pack(folder: Path, number: int, commands: dict[str, dict], pack: list[str]) -> list[tuple[str, str, float]]:
    began = time.monotonic()
    if len(pack) > 1 and is_clean_together(folder, number, commands, pack):
        seconds = (time.monotonic() - began) / len(pack)
        return [(path, "", seconds) for path in pack]
    return [lint(folder, path) for path in pack]


def main() -> int:
    build = Path(sys.argv[1]).resolve()
    commands = compile_commands(build, sys.argv[2:])
    keys = Keys(build)
    record = build / "lint.json"
    clean = json.loads(record.read_text()) if record.exists() else {}
    key_of = {path: keys.of(command) for path, command in commands.items()}
    to_lint = sorted(path for path, key in key_of.items() if key is None or clean.get(path) != key)
    print(f"{len(commands)} sources, {len(commands) - len(to_lint)} of them clean since the last time", flush=True)

    folder = build / "lint"
    folder.mkdir(exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(list(commands.values()), indent=0))
    failed, times = [], []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        packs = packs_of(commands, to_lint)
        for results in pool.map(lambda each: lint_pack(folder, each[0], commands, each[1]), enumerate(packs)):
            for path, findings, seconds in results:
                times.append((seconds, path))
                if findings:
                    failed.append(path)
                    print(findings, flush=True)
                elif key_of[path] is not None:
                    clean[path] = key_of[path]
    record.write_text(json.dumps(clean, indent=0))
    for seconds, path in sorted(times, reverse=True)[:3]:
        print(f"  {seconds:5.1f} s  {path}")
    print(f"{len(failed)} of {len(to_lint)} sources have findings" if failed else f"clean: {len(to_lint)} linted")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
