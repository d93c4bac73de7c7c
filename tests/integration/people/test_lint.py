# SPDX-License-Identifier: Apache-2.0
"""`weir lint` as a person or a script runs it: files, pipes, terminals, exit statuses."""

import json
import os
import pty
import resource
import subprocess

import pytest

from harness.fixtures import executable_from

GOOD = b"cpu,host=a usage=1.5 1586844081000000000\nmem free=7i\n"
BAD = b"cpu, host=a usage=1.5\n"
SUSPICIOUS = b"cpu,host=a usage=1.5 1586844081\n"


def command(*arguments):
    binary = executable_from("WEIR_BINARY", "", "build it with ./dev build")
    return [str(part) for part in (binary, "lint", *arguments)]


def lint(*arguments, body=b"", **options):
    options = {"stdout": subprocess.PIPE, **options}
    return subprocess.run(
        command(*arguments), input=body, stderr=subprocess.PIPE, check=False, timeout=60, **options
    )


@pytest.mark.parametrize(
    "body, arguments, code",
    [
        (GOOD, (), 0),
        (b"", (), 0),
        (BAD, (), 1),
        (GOOD + BAD, ("--json",), 1),
        (SUSPICIOUS, (), 1),
        (SUSPICIOUS, ("--no-warnings",), 0),
        (SUSPICIOUS, ("--precision", "s"), 0),
        (SUSPICIOUS, ("--json",), 0),
        (SUSPICIOUS, ("--json", "--warnings"), 1),
        (GOOD, ("--precision", "d"), 2),
        (GOOD, ("--json", "--canonical"), 2),
    ],
)
def test_the_exit_status_says_what_was_found(body, arguments, code):
    done = lint(*arguments, body=body)
    assert done.returncode == code, (done.stdout, done.stderr)


def test_a_file_and_standard_input_give_the_same(tmp_path):
    file = tmp_path / "lines.lp"
    file.write_bytes(GOOD + BAD + SUSPICIOUS)
    from_file = lint(str(file))
    for arguments in ((), ("-",)):
        from_input = lint(*arguments, body=file.read_bytes())
        assert from_input.returncode == from_file.returncode == 1
        assert from_input.stdout == from_file.stdout.replace(bytes(file), b"<stdin>")
    assert b"lines.lp:3:5: error: a space after a comma [space_after_comma]\n" in from_file.stdout
    assert b"\x1b" not in from_file.stdout


def test_trouble_is_told_on_standard_error(tmp_path):
    for path in (tmp_path / "missing.lp", tmp_path):
        done = lint(str(path))
        assert done.returncode == 2
        assert done.stdout == b""
        assert done.stderr.startswith(b"weir lint: " + bytes(path) + b": ")


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--canonical",)])
def test_output_that_cannot_be_written_is_trouble(arguments):
    with open("/dev/full", "wb") as full:
        done = lint(*arguments, body=GOOD + BAD, stdout=full)
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr


def test_json_is_one_object_for_each_line_good_or_bad():
    done = lint("--json", body=b"# comment\n\n" + GOOD + BAD + b'm f="\xff"\n')
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(each["line"], each["ok"]) for each in found] == [
        (3, True),
        (4, True),
        (5, False),
        (6, False),
    ]
    assert list(found[0]) == ["line", "ok", "measurement", "tags", "fields", "time"]
    keys = ["line", "ok", "code", "column", "message", "explanation", "remedy", "kind"]
    assert list(found[2]) == [*keys, "repaired"]
    assert found[2]["repaired"] == [{"if": "", "text": "cpu,host=a usage=1.5"}]
    assert list(found[3]) == keys
    assert found[2]["message"] == "missing tag key"
    assert found[3]["code"] == "shield_invalid_utf8"
    assert done.stderr == b""


@pytest.mark.parametrize(
    "wrong, right",
    [
        (b"cpu,host=a,value=1 1586844081000000000", b"cpu,host=a value=1 1586844081000000000"),
        (b"w,city=Berlin, Germany temp=3", b"w,city=Berlin\\,\\ Germany temp=3"),
        (b"b'cpu,host=a value=71%'", b"cpu,host=a value=71"),
        (b"cpu,host=a\xc2\xa0value=0x1F", b"cpu,host=a value=31i"),
    ],
)
def test_the_repaired_line_can_be_used_as_it_is_shown(wrong, right):
    shown = lint(body=wrong + b"\n").stdout.splitlines()
    at = shown.index(b"    Write:")
    assert shown[at + 1] == b"        " + right
    again = lint(body=shown[at + 1].strip() + b"\n")
    assert again.returncode == 0, again.stdout


def test_invisible_characters_are_shown_by_their_numbers():
    shown = lint(body=b"cpu,host=a\xc2\xa0value=1\n").stdout
    assert b"cpu,host=a<U+00A0>value=1" in shown
    assert b"U+00A0 (no-break space)" in shown


def test_no_headline_is_in_the_words_of_a_programming_language():
    body = b"cpu v=1 99999999999999999999\ncpu v=99999999999999999999i\ncpu v=1 -\ncpu v=1e400\n"
    shown = lint("--limit", "0", body=body).stdout.decode()
    headlines = [line for line in shown.splitlines() if ": error: " in line]
    assert len(headlines) == 4
    assert not [line for line in headlines if "strconv" in line], headlines
    assert "InfluxDB says: strconv.ParseInt" in shown


def test_canonical_lines_can_be_read_again():
    body = b"m,b=2,a=1   f=.5,g=007i 1586844081\n" + BAD
    done = lint("--canonical", "--precision", "s", body=body)
    assert done.stdout == b"m,a=1,b=2 f=0.5,g=7i 1586844081000000000\n"
    assert b"a space after a comma" in done.stderr
    again = lint("--canonical", body=done.stdout)
    assert (again.returncode, again.stdout) == (0, done.stdout)


def on_a_terminal(*arguments, **environment):
    """What weir lint writes to a terminal."""
    leader, follower = pty.openpty()
    try:
        env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        env = {**env, "TERM": "xterm", **environment}
        done = lint(*arguments, body=BAD, stdout=follower, env=env)
        assert done.returncode == 1
    finally:
        os.close(follower)
    shown = b""
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # Linux' way to say that the other end is closed
        pass
    finally:
        os.close(leader)
    return shown


def test_colours_are_for_terminals():
    assert b"\x1b[1;31merror" in on_a_terminal()
    assert b"\x1b" not in on_a_terminal(NO_COLOR="1")
    assert b"\x1b" not in on_a_terminal(TERM="dumb")
    assert b"\x1b" not in on_a_terminal("--color", "never")
    assert b"\x1b[1;31merror" in on_a_terminal("--color", "always", NO_COLOR="1")
    assert b"\x1b[1;31merror" in lint("--color", "always", body=BAD).stdout


def test_memory_does_not_grow_with_the_file():
    """12 MB of bad lines and a line of 24 MB without an end, within 16 MiB of memory."""
    limit = 16 * 1024 * 1024

    def bound():
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))

    body = BAD * (12_000_000 // len(BAD)) + b"m,t=" + b"a" * 24_000_000
    done = lint("--json", body=body, stdout=subprocess.DEVNULL, preexec_fn=bound)
    assert done.returncode == 1, done.stderr
    done = lint(body=body, preexec_fn=bound)
    assert b"[shield_line_too_long]" in done.stdout
