# SPDX-License-Identifier: Apache-2.0
"""The rules that the tree keeps, each a function from a tree to what breaks it.

They read files as text: includes by their lines, functions by clang-format's indentation. They build and run
nothing; what a compiler or clang-tidy can tell is left to them.
"""
import re
from collections import defaultdict
from pathlib import Path

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
FOLDER_FILES_MAX = 25

INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)

# What touches the world, and the suffix that a file which does it bears. `_uv`, `_curl`, `_rdkafka` and `_posix` files are
# thin and impure anyway: each may do what the others do.
IMPURE_SUFFIX = re.compile(r"_(uv|curl|rdkafka|posix)\.(cpp|hpp)$")
IMPURE = {
    "libuv": re.compile(r"#include <uv\.h>"),
    "libcurl": re.compile(r"#include <curl/"),
    "librdkafka": re.compile(r"#include <librdkafka/"),
    "a clock": re.compile(r"_clock::now\s*\(|\bclock_gettime\s*\(|\btime\s*\(\s*(nullptr|NULL)"),
    "files": re.compile(r"\bf?open(at|64)?\s*\(\s*\w+(\.c_str\(\))?\s*,\s*(\"|O_)|\bfopen\s*\(|\bstd::[io]?fstream\b"
                        r"|\bstd::filesystem::(?!path\b)"),
    "sockets": re.compile(r"(?<!\w)::(socket|bind|listen|accept4?|connect|recvmmsg|sendmsg)\s*\("),
}


def sources(root: Path, *folders: str):
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cpp", ".hpp"):
                yield path


def room_of(root: Path, path: Path) -> str:
    """The room that a file of ours lives in: the folder below proxy/, or the parser."""
    parts = path.relative_to(root).parts
    if parts[0] == "proxy" and len(parts) > 2:
        return parts[1]
    return "main" if parts[0] == "proxy" else "parser"


def room_included(include: str, room: str) -> str:
    first = include.split("/")[0]
    if "/" not in include:
        return room
    return "parser" if first in ("weir", "parser") else first


def promised_edges(root: Path) -> dict[str, set[str]]:
    """The table under `Who may include what` in ARCHITECTURE.md: `| room | rooms it includes | … |`."""
    text = (root / "ARCHITECTURE.md").read_text()
    section = re.search(r"^## Who may include what$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    edges: dict[str, set[str]] = {}
    for row in re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section.group(1) if section else "", re.MULTILINE):
        edges[row[0]] = set(re.findall(r"`(\w+)`", row[1]))
    return edges


def includes(root: Path) -> list[str]:
    """Each include from one room into another is in ARCHITECTURE's table, and each row of it is used."""
    promised = promised_edges(root)
    if not promised:
        return ["ARCHITECTURE.md: no table of rooms under `## Who may include what`"]
    broken, used = [], defaultdict(set)
    for path in sources(root, "include", "parser", "proxy"):
        room = room_of(root, path)
        if room not in promised:
            broken.append(f"{path.relative_to(root)}: the room `{room}` is not in ARCHITECTURE's table")
            continue
        for include in INCLUDE.findall(path.read_text()):
            target = room_included(include, room)
            if target == room:
                continue
            used[room].add(target)
            if target not in promised[room]:
                broken.append(f"{path.relative_to(root)}: includes \"{include}\", but ARCHITECTURE does not let"
                              f" `{room}` include `{target}`")
    for room, targets in promised.items():
        for target in sorted(targets - used[room]):
            broken.append(f"ARCHITECTURE.md: `{room}` may include `{target}` and does not: take it out")
    return broken


def circles(root: Path) -> list[str]:
    """No room includes, by way of others, itself."""
    edges = promised_edges(root)
    broken = []

    def walk(room: str, way: list[str]) -> None:
        if room in way:
            circle = way[way.index(room):]
            if room == min(circle):
                broken.append("ARCHITECTURE.md: a circle of rooms: " + " -> ".join([*circle, room]))
            return
        for target in sorted(edges.get(room, ())):
            walk(target, [*way, room])

    for room in sorted(edges):
        walk(room, [])
    return sorted(set(broken))


def file_sizes(root: Path) -> list[str]:
    broken = []
    for path in sources(root, "include", "parser", "proxy", "bench", "tests"):
        lines = path.read_text().count("\n")
        if lines > FILE_LINES_MAX:
            broken.append(f"{path.relative_to(root)}: {lines} lines, and {FILE_LINES_MAX} is the most")
    return broken


def function_sizes(root: Path) -> list[str]:
    """A function begins where a statement at the level of a namespace or class ends in `) … {`, and ends at the `}`
    of the same indentation. Lambdas count with their function."""
    no_function = re.compile(r"^ *(namespace|class|struct|union|enum|if|for|while|switch|do|else|return)\b")
    broken = []
    for path in sources(root, "include", "parser", "proxy", "bench", "tests"):
        lines = path.read_text().split("\n")
        number, count = 0, len(lines)
        while number < count:
            if not re.search(r"\)[^()]*\{$", lines[number]):
                number += 1
                continue
            first = number
            while first > 0 and not re.search(r"([;{}:]|^|^ *//.*|^#.*)$", lines[first - 1]):
                first -= 1
            indent = len(lines[first]) - len(lines[first].lstrip())
            if indent > 2 or no_function.match(lines[first]):
                number += 1
                continue
            last = number + 1
            while last < count and not lines[last].startswith(" " * indent + "}"):
                last += 1
            if last - first + 1 > FUNCTION_LINES_MAX:
                broken.append(f"{path.relative_to(root)}:{first + 1}: a function of {last - first + 1} lines, and"
                              f" {FUNCTION_LINES_MAX} is the most")
            number = last
    return broken


def impure_names(root: Path) -> list[str]:
    """Files that touch the world say so in their name."""
    broken = []
    for path in sources(root, "include", "parser", "proxy"):
        if IMPURE_SUFFIX.search(path.name):
            continue
        text = re.sub(r"//[^\n]*", "", path.read_text())
        for what, pattern in IMPURE.items():
            if match := pattern.search(text):
                line = text[: match.start()].count("\n") + 1
                broken.append(f"{path.relative_to(root)}:{line}: touches {what}, and its name has none of _posix,"
                              " _uv, _curl, _rdkafka")
    return broken


def folder_sizes(root: Path) -> list[str]:
    """Files of every kind count, but for CMake's and for the seeds of the fuzzers, which are data."""
    broken = []
    counts: dict[Path, int] = defaultdict(int)
    for folder in ("include", "parser", "proxy", "bench", "tests"):
        for path in (root / folder).rglob("*"):
            is_source = path.name != "CMakeLists.txt" and not {"seeds", "__pycache__"} & set(path.parts)
            if is_source and path.is_file():
                counts[path.parent] += 1
    for folder, count in sorted(counts.items()):
        if count > FOLDER_FILES_MAX:
            broken.append(f"{folder.relative_to(root)}/: {count} files of its own, and {FOLDER_FILES_MAX} is the most")
    return broken


def links(root: Path) -> list[str]:
    """Links between the pages lead somewhere, down to the heading."""
    broken = []
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "bench").rglob("*.md"),
             *(root / "tests").rglob("*.md")]
    for page in sorted(pages):
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, heading = target.partition("#")
            file = (page.parent / name) if name else page
            if not file.exists():
                broken.append(f"{page.relative_to(root)}: the link {target} leads nowhere")
            elif heading and heading not in headings(file):
                broken.append(f"{page.relative_to(root)}: {target}: there is no such heading")
    return broken


def named_files(root: Path) -> list[str]:
    """A source that a page names, by its path or the end of it, is there. `*` stands for a part of a name; names in
    capitals are placeholders."""
    there = ["/" + path.relative_to(root).as_posix()
             for path in sources(root, "include", "parser", "proxy", "bench", "tests", "docs")]
    broken = []
    for page in [root / "ARCHITECTURE.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]:
        if not page.exists() or "decisions" in page.parts:
            continue  # a decision tells of its day
        for name in re.findall(r"`([a-z0-9*][a-z0-9_/*.]*\.[ch]pp)`", page.read_text()):
            pattern = re.compile("/" + re.escape(name).replace(r"\*", "[^/]*") + "$")
            if not any(pattern.search(path) for path in there):
                broken.append(f"{page.relative_to(root)}: names {name}, and there is no such file")
    return broken


def one_definition(root: Path) -> list[str]:
    """A type or inline function of a namespace is defined in one header: two of one name in one program are two
    layouts under one symbol, and no compiler sees both."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in sources(root, "include", "parser", "proxy"):
        if path.suffix != ".hpp":
            continue
        text = path.read_text()
        if "#pragma once" not in text:
            continue  # a piece of a source
        space = re.search(r"^namespace ([\w:]+) \{", text, re.MULTILINE)
        inside = space.group(1) if space else ""
        name = re.compile(r"^(?:struct|class|enum class) (?:alignas\([^)]*\) )?(\w+)(?: final)?(?: :[^;{]*)? \{"
                          r"|^(?:\[\[nodiscard\]\] )?(?:inline|constexpr) (?!auto \w+ =)[\w:<>]+ (\w+\([^)]*\))[^;=]*\{",
                          re.MULTILINE)
        for type_name, function in name.findall(text):
            # Overloads differ in the types of their parameters.
            label = type_name or re.sub(r" \w+(?=[,)])", "", function)
            homes[f"{inside}::{label}"].append(path.relative_to(root).as_posix())
    return [f"{', '.join(paths)}: each defines {label}" for label, paths in sorted(homes.items()) if len(set(paths)) > 1]


def headings(page: Path) -> set[str]:
    """The anchors that a page has, as a forge makes them of its headings."""
    anchors = set()
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower())
        anchors.add(plain.replace(" ", "-"))
    return anchors


def openings(root: Path) -> list[str]:
    """Each source begins with its licence, and each header is guarded once."""
    broken = []
    for path in sources(root, "include", "parser", "proxy", "bench", "tests"):
        text = path.read_text()
        if "SPDX-License-Identifier: Apache-2.0" not in text[:200]:
            broken.append(f"{path.relative_to(root)}: no SPDX line at its top")
        # The kernels' pieces are included into their target regions, and nowhere else.
        if path.suffix == ".hpp" and "#pragma once" not in text and "target region" not in text[:800]:
            broken.append(f"{path.relative_to(root)}: no #pragma once")
    return broken


RULES = [includes, circles, file_sizes, function_sizes, impure_names, folder_sizes, links, named_files, one_definition, openings]
