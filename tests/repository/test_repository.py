# SPDX-License-Identifier: Apache-2.0
"""The tree against its own rules, and each rule against a tree that breaks it.

What the rules read is text, so that this takes a second and needs no build.
"""
import os
from pathlib import Path

import pytest

import rules

ROOT = Path(os.environ.get("WEIR_TREE", Path(__file__).resolve().parents[2]))

@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_its_rules(rule):
    broken = rule(ROOT)
    assert not broken, "\n" + "\n".join(broken)


def tree(folder: Path, files: dict[str, str]) -> Path:
    """A small tree that keeps every rule, with `files` in the place of, or beside, its own."""
    whole = {
        "ARCHITECTURE.md": "# A\n\n## Who may include what\n\n| room | includes | what |\n|---|---|---|\n"
                           "| `parser` | nothing | |\n| `base` | nothing | |\n| `gate` | `base` | |\n",
        "include/weir/line.hpp": "// SPDX-License-Identifier: Apache-2.0\n#pragma once\n",
        "parser/line.cpp": "// SPDX-License-Identifier: Apache-2.0\n#include \"weir/line.hpp\"\n",
        "proxy/base/time.hpp": "// SPDX-License-Identifier: Apache-2.0\n#pragma once\n",
        "proxy/gate/gate.cpp": "// SPDX-License-Identifier: Apache-2.0\n#include \"base/time.hpp\"\n",
        "docs/page.md": "# Page\n\n[the architecture](../ARCHITECTURE.md#who-may-include-what)\n",
    }
    whole.update(files)
    for name, text in whole.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


SPDX = "// SPDX-License-Identifier: Apache-2.0\n"
ROOMS = ("# A\n\n## Who may include what\n\n| room | includes | what |\n|---|---|---|\n| `parser` | nothing | |\n"
         "| `base` | nothing | |\n")

# A rule, what breaks it, and the words that must be said of it.
BREAKS = [
    (rules.includes, {"proxy/base/time.hpp": SPDX + "#pragma once\n#include \"gate/gate.hpp\"\n"},
     "does not let `base` include `gate`"),
    (rules.includes, {"parser/line.cpp": SPDX + "#include \"base/time.hpp\"\n"}, "does not let `parser`"),
    (rules.includes, {"proxy/gate/gate.cpp": SPDX}, "`gate` may include `base` and does not"),
    (rules.includes, {"proxy/new/new.cpp": SPDX}, "the room `new` is not in ARCHITECTURE's table"),
    (rules.includes, {"ARCHITECTURE.md": "# A\n"}, "no table of rooms"),
    (rules.circles, {"ARCHITECTURE.md": ROOMS + "| `gate` | `log` | |\n| `log` | `gate` | |\n"},
     "a circle of rooms: gate -> log -> gate"),
    (rules.file_sizes, {"proxy/gate/gate.cpp": SPDX + "\n" * 600}, "601 lines, and 600 is the most"),
    (rules.function_sizes,
     {"proxy/gate/gate.cpp": SPDX + "int long_one(int a,\n             int b) {\n" + "  ++a;\n" * 70 + "}\n"},
     "a function of 73 lines"),
    (rules.function_sizes,
     {"proxy/base/time.hpp": SPDX + "#pragma once\nclass a {\n  int long_one() {\n" + "    ++b;\n" * 70 + "  }\n};\n"},
     "a function of 72 lines"),
    (rules.impure_names, {"proxy/gate/gate.cpp": SPDX + "#include <uv.h>\n"}, "touches libuv"),
    (rules.impure_names, {"proxy/gate/gate.cpp": SPDX + "#include <curl/curl.h>\n"}, "touches libcurl"),
    (rules.impure_names, {"proxy/gate/gate.cpp": SPDX + "auto now = std::chrono::steady_clock::now();\n"},
     "touches a clock"),
    (rules.impure_names, {"proxy/gate/gate.cpp": SPDX + "auto* f = std::fopen(name, \"r\");\n"}, "touches files"),
    (rules.impure_names, {"proxy/gate/gate.cpp": SPDX + "int s = ::socket(AF_INET, SOCK_STREAM, 0);\n"},
     "touches sockets"),
    (rules.folder_sizes, {f"proxy/gate/gate{n}.cpp": SPDX for n in range(25)}, "26 files of its own"),
    (rules.folder_sizes, {f"tests/integration/test_{n}.py": "" for n in range(26)}, "tests/integration/: 26 files"),
    (rules.links, {"docs/page.md": "[gone](gone.md)\n"}, "the link gone.md leads nowhere"),
    (rules.links, {"docs/page.md": "# Page\n[below](#nothing)\n"}, "there is no such heading"),
    (rules.one_definition,
     {f"proxy/{room}/line.hpp": SPDX + "#pragma once\nnamespace weir {\nstruct line {\n};\n}\n"
      for room in ("base", "gate")}, "each defines weir::line"),
    (rules.one_definition,
     {f"proxy/{room}/text.hpp": SPDX + "#pragma once\nnamespace weir {\n[[nodiscard]] constexpr bool is_one(char c"
      f"{room}) noexcept {{\n}}\n}}\n" for room in ("base", "gate")}, "each defines weir::is_one(char)"),
    (rules.named_files, {"docs/page.md": "# Page\n\n`gate/gone.cpp` decides.\n"}, "names gate/gone.cpp"),
    (rules.named_files, {"ARCHITECTURE.md": ROOMS + "\nIt is in `gone.hpp`.\n"}, "names gone.hpp"),
    (rules.openings, {"proxy/gate/gate.cpp": "#include \"base/time.hpp\"\n"}, "no SPDX line"),
    (rules.openings, {"proxy/base/time.hpp": SPDX}, "no #pragma once"),
]


@pytest.mark.parametrize("rule, files, words", BREAKS,
                         ids=[f"{rule.__name__}-{n}" for n, (rule, _, _) in enumerate(BREAKS)])
def test_a_rule_finds_what_breaks_it(tmp_path, rule, files, words):
    assert any(words in each for each in rule(tree(tmp_path, files)))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_a_rule_is_silent_about_a_good_tree(tmp_path, rule):
    assert rule(tree(tmp_path, {})) == []


def test_every_rule_was_seen_to_fail():
    assert {rule for rule, _, _ in BREAKS} == set(rules.RULES)
