# SPDX-License-Identifier: Apache-2.0
"""Completion in the shells themselves: bash, and zsh and fish where they are installed."""

import os
import pathlib
import shutil
import subprocess

import pytest

from harness.terminal.commands import command_names, help_of
from harness.terminal import Terminal

WEIR = os.environ["WEIR_BINARY"]

# As bash calls a completion function: the words as readline splits them, "=" a word of its own.
IN_BASH = r"""
source "$1"
read -r -a COMP_WORDS <<<"${2//=/ = }"
[[ $2 == *" " || $2 == *"=" ]] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_weir
printf '%s\n' "${COMPREPLY[@]}"
"""
IN_FISH = "source $argv[1]; complete -C $argv[2]"


def run(*words, **options):
    return subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, timeout=60, check=True, **options
    )


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("completions")
    for shell in ("bash", "zsh", "fish"):
        (folder / ("_weir" if shell == "zsh" else shell)).write_text(run(WEIR, "completion", shell).stdout)
    return folder


@pytest.fixture
def place(tmp_path):
    """A directory with something to complete."""
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "weir.toml").touch()
    (tmp_path / "metrics.lp").touch()
    return tmp_path


def needs(shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")


def in_bash(scripts, place, line):
    done = run("bash", "--norc", "-c", IN_BASH, "bash", scripts / "bash", line, cwd=place)
    assert done.stderr == ""
    return done.stdout.split()


def in_fish(scripts, place, line):
    needs("fish")
    done = run("fish", "--no-config", "-c", IN_FISH, scripts / "fish", line, cwd=place, env={**os.environ, "HOME": str(place)})
    assert done.stderr == ""
    return [row.split("\t")[0].rstrip("=") for row in done.stdout.splitlines()]


CASES = [
    ("weir lo", {"load", "log"}),
    ("weir letters ", {"list", "show", "stats", "replay", "file"}),
    ("weir letters list --co", {"--code", "--config"}),
    ("weir explain precision_", {"precision_mistaken", "precision_mended", "precision_ambiguous", "precision_unknown"}),
    ("weir run -c conf/", {"conf/weir.toml"}),
    ("weir run --set log.ke", {"log.keep"}),
    ("weir lint --color a", {"auto", "always"}),
    ("weir lint metr", {"metrics.lp"}),
    ("weir completion ", {"bash", "zsh", "fish"}),
    ("weir letters replay --code native_h", {"native_histogram"}),
    ("weir lint --utf8 ", {"reject", "pass"}),
    ("weir lint --precision ", {"ns", "us", "ms", "s", "m", "h"}),
    ("weir load --shape ti", {"tiny"}),
    ("weir load --bad-kinds se", {"seconds"}),
    ("weir load --report conf/", {"conf/weir.toml"}),
    ("weir status --token-file metr", {"metrics.lp"}),
    # Free text: nothing, and above all no names of files.
    ("weir letters list --since ", set()),
]


@pytest.mark.parametrize("line, offered", CASES)
def test_bash_completes(scripts, place, line, offered):
    assert {each.rstrip("=") for each in in_bash(scripts, place, line)} == offered


@pytest.mark.parametrize("line, offered", CASES)
def test_fish_completes(scripts, place, line, offered):
    found = set(in_fish(scripts, place, line))
    if not line.endswith(" "):  # fish offers what has the word within, too
        found = {each for each in found if each.startswith(line.split()[-1])}
    assert found == offered


def test_a_value_behind_an_equals_sign_is_completed(scripts, place):
    assert in_bash(scripts, place, "weir run --config=conf/we") == ["conf/weir.toml"]
    assert in_bash(scripts, place, "weir run --config=") == sorted(["conf", "metrics.lp"], key=in_order(place))
    assert in_fish(scripts, place, "weir run --config=conf/we") == ["--config=conf/weir.toml"]


def in_order(place):
    names = run("bash", "-c", "compgen -f", cwd=place).stdout.split()
    return names.index


@pytest.mark.parametrize(
    "typed, then",
    [
        ("weir lett", "weir letters "),
        ("weir explain precision_mis", "weir explain precision_mistaken"),
        ("weir run -c conf/we", "weir run -c conf/weir.toml"),
        ("weir run --set log.ke", "weir run --set log.keep="),
        ("weir letters list --lim", "weir letters list --limit"),
        ("weir lint --color al", "weir lint --color always"),
        ("weir lo", "Send line protocol to a server"),
    ],
)
def test_zsh_completes(scripts, place, typed, then):
    needs("zsh")
    (place / ".zshrc").write_text(
        f"fpath=({scripts} $fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=1000; PS1='R> '\n"
    )
    environment = {"ZDOTDIR": str(place), "HOME": str(place)}
    with Terminal(["zsh", "-d", "-i"], columns=120, env=environment, cwd=place) as terminal:
        terminal.wait_for("R>")
        terminal.type(typed + "\t")
        terminal.wait_for(lambda screen: then.strip() in screen)


def test_bash_completes_what_is_typed(scripts, place):
    """Once all the way through readline."""
    (place / "rc").write_text(f"source {scripts}/bash; PS1='R> '; bind 'set bell-style none'\n")
    with Terminal(["bash", "--rcfile", "rc", "-i"], cwd=place, env={"HOME": str(place)}) as terminal:
        terminal.wait_for("R>")
        terminal.type("weir lett\tsh\t--direc\t")
        terminal.wait_for("weir letters show --directory")


def test_every_script_offers_every_command_and_option(scripts):
    """Nothing of `--help` is missing in any of them."""
    commands = command_names()
    assert {"run", "letters", "completion"} <= set(commands)
    texts = {name: (scripts / name).read_text() for name in ("bash", "_weir", "fish")}
    for command in commands:
        assert f"'weir {command}'" in texts["bash"]
        assert f"_weir_{command}()" in texts["_weir"]
        for option in help_of(command)[2]:
            assert option in texts["bash"] and option in texts["_weir"], option
            assert f"-l {option[2:]} " in texts["fish"], option


@pytest.mark.parametrize("word, said", [("tcsh", "bash, zsh, fish"), ("zhs", 'did you mean "zsh"?')])
def test_another_shell_is_refused(word, said):
    done = subprocess.run([WEIR, "completion", word], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and said in done.stderr and done.stdout == ""


def test_they_are_built_with_the_program():
    made = pathlib.Path(WEIR).parent / "manual"
    if not made.exists():
        pytest.skip("a sanitizer's build leaves them out")
    for shell, name in (("bash", "weir"), ("zsh", "_weir"), ("fish", "weir.fish")):
        assert (made / shell / name).read_text() == run(WEIR, "completion", shell).stdout
