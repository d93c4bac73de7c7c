# SPDX-License-Identifier: Apache-2.0
"""The suite itself: what is missing is skipped and not passed, and what is wrong in InfluxDB is found."""

import io
import pathlib
import sys

import pytest

from suite import points
from suite.program import Program, Reply
from suite.recorder import read_request, request_of, written
from suite.toolchains import Missing, Recipe, need, run


def test_a_tool_that_is_missing_is_named():
    assert need("no-such-tool", "sh") == need("sh")
    with pytest.raises(Missing, match="no-such-tool is not installed"):
        need("no-such-tool")


def test_what_a_registry_does_not_give_is_missing_and_what_does_not_build_is_a_failure():
    fails = ["sh", "-c", "echo no such package; exit 3"]
    with pytest.raises(Missing, match="no such package"):
        run(fails, "/", registry=True)
    with pytest.raises(AssertionError, match="no such package"):
        run(fails, "/")


def test_a_program_is_made_once_until_it_changes(tmp_path, monkeypatch):
    monkeypatch.setattr("suite.toolchains.CACHE", tmp_path / "cache")
    made = []

    class Once(Recipe):
        def make(self, folder):
            made.append(folder.name)

    source = tmp_path / "program.py"
    source.write_text("1")
    recipe = Once([], ["package==1"])
    recipe.sources = [source]
    assert recipe.ready() == recipe.ready()
    source.write_text("2")
    assert (recipe.ready() / "program.py").read_text() == "2"
    assert len(set(made)) == len(made) == 2


def test_differences_are_found():
    right = [points.expected(number) for number in range(4)]
    assert points.differences(right, range(4)) == []
    assert "missing" in points.differences(right[:3], range(4))[0]
    assert "nobody wrote" in points.differences(right, range(3))[0]
    assert "twice" in points.differences([*right, right[0]], range(4))[0]
    assert "is not" in points.differences([*right[:3], {**right[3], "string": "say"}], range(4))[0]
    gauges = [{"time": 7, "host": str(number), "value": number + 0.5} for number in range(4)]
    assert points.differences(gauges, range(4), "host") == []
    assert "is not" in points.differences([{**gauges[0], "value": 1.0}, *gauges[1:]], range(4), "host")[0]


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /ping HTTP/1.1\r\nHost: localhost:8086\r\n\r\n",
        b"POST /write HTTP/1.1\r\nHost: localhost:8086\r\nContent-Length: 3\r\n\r\na b",
        b"POST /write HTTP/1.1\r\nHost: localhost:8086\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\x1f\x8b\r\n1\r\nb\r\n0\r\n\r\n",
    ],
)
def test_a_recorded_request_is_the_one_that_came(raw):
    stream = io.BytesIO(raw + b"GET / HTTP/1.1\r\n\r\n")
    request = read_request(stream)
    assert b"".join(request) == raw
    assert request_of(written(request, 204)) == request
    assert read_request(stream) == (b"GET / HTTP/1.1\r\n\r\n", b"")
    assert read_request(stream) is None


def test_a_program_does_what_it_is_told(tmp_path):
    (tmp_path / "client.py").write_text(
        "from driver import serve\n"
        "class Client:\n"
        "    def write(self, points):\n"
        "        print('chatter')\n"
        "        return points[-1]['fields']['integer']\n"
        "    def query(self):\n"
        "        raise ValueError('two\\nlines')\n"
        "serve(Client())\n"
    )
    driver = pathlib.Path(__file__).parent / "programs/python"
    program = Program([sys.executable, "client.py"], tmp_path, ["http://x", "x", "1", "db"], tmp_path / "log",
                      {"PYTHONPATH": str(driver)})
    try:
        assert program.ask("write", 5, 10) == Reply("ok", "14")
        assert program.ask("gzip", 5, 10) == Reply("none", "")
        assert program.ask("query") == Reply("error", "ValueError two lines")
        assert "chatter" in program.said()
    finally:
        program.end()
