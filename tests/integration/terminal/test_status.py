# SPDX-License-Identifier: Apache-2.0
"""`weir status`: one screen and an exit status, of a weir that is played and of a real one."""

import json
import os
import subprocess

import pytest

from harness.terminal import Terminal
from harness.terminal.played import HELD, STATUS, PlayedWeir, status

WEIR = os.environ["WEIR_BINARY"]


@pytest.fixture
def played():
    with PlayedWeir() as server:
        yield server


def ask(*words, env=None, cwd=None):
    """`weir status`, with nothing of this machine's environment."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WEIR_") and key != "NO_COLOR"}
    return subprocess.run(
        [WEIR, "status", *map(str, words)], capture_output=True, text=True, timeout=60, env={**environment, **(env or {})}, cwd=cwd
    )


def test_a_weir_that_is_well_is_status_0(played):
    done = ask("--url", played.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("weir 9.9.9 on weir-host (process 4711), up 1 d 3 h\nwell\n\n")
    for part in ("48.0k", "influx ", "41%", "metrics", "When it is full, writes are answered 503"):
        assert part in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("level, code", [("error", 1), ("warning", 1), ("note", 0)])
def test_an_advice_that_needs_a_person_is_status_1(played, level, code):
    advice = {"level": level, "about": "log", "what": "It is nearly full.", "do": "Look.", "command": "weir log stat"}
    played.documents["status"] = status(advice=[advice])
    done = ask("--url", played.url)
    assert done.returncode == code
    assert f"{level}: log\n  It is nearly full.\n  -> Look.\n  $ weir log stat\n" in done.stdout


def test_a_weir_that_is_not_ready_is_status_1(played):
    played.documents["status"] = status(health={"healthy": True, "ready": False, "why": ["The log is full."]})
    done = ask("--url", played.url)
    assert done.returncode == 1 and "\nNOT READY\n  The log is full.\n" in done.stdout


def test_json_is_the_document_itself(played):
    played.documents["status"] = status(**HELD)
    done = ask("--url", played.url, "--json")
    assert done.returncode == 1 and json.loads(done.stdout) == status(**HELD)


def test_nothing_listens_there():
    done = ask("--url", "http://127.0.0.1:1")
    assert done.returncode == 3 and done.stdout == ""
    assert "no weir answers at http://127.0.0.1:1" in done.stderr and "Is it running" in done.stderr


@pytest.mark.parametrize(
    "document, code, said",
    [
        (b"<html>hello</html>", 200, "it is no weir: the answer is no JSON"),
        ({"status": "pass", "name": "influxdb", "version": "1.8"}, 200, "no status document"),
        (b"404 page not found\n", 404, "it is no weir, or one without this page"),
        (None, 401, "WEIR_USER"),
        (None, 403, "WEIR_USER"),
        (None, 500, "answered 500"),
    ],
)
def test_what_answers_is_no_weir_or_will_not(played, document, code, said):
    played.documents["status"] = document
    played.statuses["status"] = code
    done = ask("--url", played.url)
    assert done.returncode == 3 and said in done.stderr and done.stdout == ""


@pytest.mark.parametrize("url", ["ftp://a", "http://a/b", "unix:", "http://me:secret@127.0.0.1:1"])
def test_a_wrong_url_is_status_2(url):
    done = ask("--url", url)
    assert done.returncode == 2 and "weir status: " in done.stderr and "secret" not in done.stderr


def test_credentials_come_from_the_environment_or_a_file(played, tmp_path):
    (tmp_path / "user").write_text("file:secret\n")
    (tmp_path / "token").write_text("of-a-file\n")
    for words, env, header in [
        ((), {}, None),
        ((), {"WEIR_USER": "me:secret"}, "Basic bWU6c2VjcmV0"),
        ((), {"WEIR_USER": "me:secret", "WEIR_TOKEN": "abc"}, "Token abc"),
        (("--user-file", tmp_path / "user"), {"WEIR_TOKEN": "abc"}, "Basic ZmlsZTpzZWNyZXQ="),
        (("--token-file", tmp_path / "token"), {}, "Token of-a-file"),
    ]:
        assert ask("--url", played.url, *words, env=env).returncode == 0
        assert played.headers[-1].get("Authorization") == header
    done = ask("--url", played.url, "--user-file", tmp_path / "gone")
    assert done.returncode == 2 and "gone is not there" in done.stderr
    done = ask("--url", played.url, env={"WEIR_USER": "nobody"})
    assert done.returncode == 2 and "NAME:PASSWORD" in done.stderr


def test_a_configuration_says_where_weir_is(tmp_path):
    config = tmp_path / "weir.toml"
    with PlayedWeir() as tcp, PlayedWeir(tmp_path / "weir.sock") as local:
        config.write_text(f'[http]\nlisten = ["127.0.0.1:{tcp.port}"]\n')
        assert ask("--config", config).returncode == 0
        assert tcp.requests == ["/api/weir/v1/status"]
        config.write_text(f'[http]\nlisten = ["unix:{tmp_path}/weir.sock"]\n')
        assert ask("--config", config).returncode == 0
        assert ask("--url", f"unix:{tmp_path}/weir.sock").returncode == 0
        assert ask(env={"WEIR_CONFIG": str(config)}).returncode == 0
        assert len(local.requests) == 3
    config.write_text('[http]\nlisten = ["127.0.0.1:0"]\n')
    done = ask("--config", config)
    assert done.returncode == 2 and "--url" in done.stderr
    config.write_text("[http]\nlisten = 7\n")
    assert ask("--config", config).returncode == 2
    assert ask(env={"WEIR_CONFIG": str(config)}).returncode == 2


def test_on_a_terminal_it_has_colours_and_fits(played):
    played.documents["status"] = status(**HELD)
    with Terminal([WEIR, "status", "--url", played.url], columns=60, env={"NO_COLOR": None}) as terminal:
        assert terminal.wait_exit() == 1
        assert b"\x1b[1;31merror: sink influx\x1b[0m" in terminal.raw
        commands = [line for line in terminal.text().splitlines() if line.lstrip().startswith("$")]
        assert commands and all(len(line) <= 60 for line in terminal.text().splitlines() if line not in commands)
    with Terminal([WEIR, "status", "--url", played.url], env={"NO_COLOR": "1"}) as terminal:
        assert terminal.wait_exit() == 1 and b"\x1b" not in terminal.raw


def test_nothing_of_a_document_reaches_the_terminal_as_a_sequence(played):
    bad = "\x1b]0;owned\x07\x9b31m\u202e"
    held = json.loads(json.dumps(HELD).replace("mydb", "my\\u001b[2Jdb").replace("Telegraf", "Tele\\u001b]0;x\\u0007graf"))
    played.documents["status"] = {**status(**held), "host": bad, "version": bad}
    for words in ((), ("--json",)):
        with Terminal([WEIR, "status", "--url", played.url, *words], env={"NO_COLOR": "1"}) as terminal:
            terminal.wait_exit()
            assert b"\x1b" not in terminal.raw and b"\x07" not in terminal.raw and "\u202e" not in terminal.raw.decode()


def test_of_a_document_that_lacks_everything(played):
    played.documents["status"] = {"version": "0", "health": {}}
    done = ask("--url", played.url)
    assert done.returncode == 1 and "No sink" in done.stdout
def test_the_sample_is_as_the_real_weir_answers(start_weir):
    """What the screens are made of is what a weir says: no name of it is a sample's alone."""
    weir = start_weir()
    answer = weir.client.get("/api/weir/v1/status")
    assert answer.status == 200, answer
    real = answer.json()
    for name, value in STATUS.items():
        assert name in real, name
        if isinstance(value, dict):
            assert set(value) - {"shown"} <= set(real[name]), name
    done = ask("--url", f"http://{weir.announced['http'][0]}")
    assert done.returncode in (0, 1) and "weir 0." in done.stdout


def test_a_rejection_is_seen_with_its_caret_and_sender(start_weir):
    weir = start_weir()
    weir.client.write("cpu,host= value=1", "mydb", {"User-Agent": "Telegraf/1.21"})
    done = ask("--url", f"http://{weir.announced['http'][0]}")
    assert "1 missing_tag_value (rejected" in done.stdout, done.stdout
    assert "    cpu,host= value=1\n        ^~~~~\n    from 127.0.0.1 Telegraf/1.21 into mydb\n    -> " in done.stdout
