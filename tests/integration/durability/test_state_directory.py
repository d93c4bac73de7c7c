# SPDX-License-Identifier: Apache-2.0
"""`service.state_directory`: what earlier versions kept in the log's directory is moved, also to another
file system, and nothing of it is lost or done twice."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from harness.letters import listed, wait_kept
from harness.settings import file_sink, settings

T = 1_600_000_000_000_000_000
STATE = {"types", "databases", "letters", "cursors", "refused"}
OF_THE_LOG = {"segments", "headers", "lock"}


def types_listed(weir, *arguments):
    return subprocess.run(
        [weir.executable, "types", "list", "--config", str(weir.config_path), *arguments],
        cwd=weir.directory,
        capture_output=True,
        text=True,
        timeout=60,
    )


def names_in(path):
    return {entry.name for entry in pathlib.Path(path).iterdir()}


def fill(weir):
    """A point that is delivered, a type, a database, a letter, a cursor; then weir ends."""
    assert weir.client.request("POST", "/query", {"q": "CREATE DATABASE made"}).status == 200
    assert weir.client.write(f"m f=1 {T}\nbad", "mydb").status == 400
    weir.wait_delivered(1, sink="lines")
    wait_kept(weir, 1)
    weir.stop()


def check_moved(weir, state):
    """Nothing was lost, and nothing is delivered again."""
    assert STATE - {"refused"} <= names_in(state)
    assert names_in(weir.directory / "weir-data") == OF_THE_LOG
    assert "mydb\tm\tf\tfloat" in types_listed(weir).stdout
    assert [letter["line"] for letter in listed(weir)] == ["bad"]
    answer = weir.client.request("GET", "/query", {"q": "SHOW DATABASES"})
    assert "made" in answer.text()
    assert weir.client.write(f"m f=t {T}", "mydb").status == 400  # its type is known
    assert weir.client.write(f"m f=2 {T + 1}", "mydb").status == 204
    weir.wait_delivered(2, sink="lines")
    assert weir.lines_of("mydb") == [f"m f=1 {T}", f"m f=2 {T + 1}"]


def test_the_state_is_moved_at_the_start_and_found_before(start_weir):
    weir = start_weir(settings(file_sink()))
    fill(weir)
    assert STATE | OF_THE_LOG == names_in(weir.directory / "weir-data")
    weir.configure(settings(file_sink(), service={"state_directory": "deep/state"}))
    assert "mydb\tm\tf\tfloat" in types_listed(weir).stdout
    assert [letter["line"] for letter in listed(weir)] == ["bad"]
    weir.start()
    check_moved(weir, weir.directory / "deep/state")
    weir.restart()
    check_moved_again = names_in(weir.directory / "weir-data")
    assert check_moved_again == OF_THE_LOG
    assert weir.lines_of("mydb") == [f"m f=1 {T}", f"m f=2 {T + 1}"]


def test_the_state_is_moved_to_another_file_system(start_weir):
    weir = start_weir(settings(file_sink()))
    elsewhere = pathlib.Path("/dev/shm")
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == weir.directory.stat().st_dev:
        pytest.skip("/dev/shm is no file system of its own")
    fill(weir)
    state = tempfile.mkdtemp(dir=elsewhere)
    try:
        weir.configure(settings(file_sink(), service={"state_directory": state}))
        weir.start()
        check_moved(weir, state)
        weir.stop()
    finally:
        shutil.rmtree(state)


def test_a_state_directory_has_one_weir(start_weir, make_weir, tmp_path):
    state = str(tmp_path / "state")
    first = start_weir(settings(file_sink(), service={"state_directory": state}))
    assert first.client.write(f"m f=1 {T}", "mydb").status == 204
    second = make_weir(settings(file_sink(), service={"state_directory": state}))
    code, told = second.refuses_to_start()
    assert code == 1
    assert f'service.state_directory = "{state}"' in told
    assert "is held by process" in told and "to another directory" in told
    # The same of a weir whose log is there.
    third = make_weir(settings(file_sink(), log={"directory": state}))
    code, told = third.refuses_to_start()
    assert code == 1 and "is held by process" in told


def test_two_states_are_not_mixed(start_weir):
    weir = start_weir(settings(file_sink()))
    fill(weir)
    other = weir.directory / "state" / "types"
    other.parent.mkdir()
    other.write_text("theirs")
    weir.configure(settings(file_sink(), service={"state_directory": "state"}))
    code, told = weir.refuses_to_start()
    assert code == 1
    assert "both weir-data/types and state/types are there" in told
    assert other.read_text() == "theirs"
    assert os.path.getsize(weir.directory / "weir-data" / "types") > 13


def test_a_log_in_memory_keeps_its_state_where_it_has_a_directory(start_weir):
    weir = start_weir(
        settings(file_sink(), log={"type": "memory"}, service={"state_directory": "state"})
    )
    fill(weir)
    assert not (weir.directory / "weir-data").exists()
    assert "cursors" not in names_in(weir.directory / "state")
    weir.start()
    assert "made" in weir.client.request("GET", "/query", {"q": "SHOW DATABASES"}).text()
    assert weir.client.write(f"m f=t {T}", "mydb").status == 400
    assert [letter["line"] for letter in listed(weir)][0] == "bad"
