# SPDX-License-Identifier: Apache-2.0
"""`weir log` where the log is a topic. (test_move.py has `weir log move`.)"""

import gzip
import json
import signal
import subprocess

import pytest
from harness.kafka.fleet import weir_of
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import influx_sink, settings

TIME = 1_700_000_000_000_000_000
SHARDS = 3


def weir_log(weir, *arguments, timeout=60):
    return subprocess.run(
        [weir.executable, "log", arguments[0], "--config", weir.config_path, *map(str, arguments[1:])],
        cwd=weir.directory, capture_output=True, text=True, timeout=timeout,
    )  # fmt: skip


def write(weir, db, lines, **params):
    answer = weir.client.request("POST", "/write", {"db": db, **params}, "\n".join(lines))
    assert answer.status == 204, answer.text()


def lines_in(text):
    return [line for line in text.splitlines() if not line.startswith("#")]


def cpu(begin, end, hosts=8):
    return [f"cpu,host=h{i % hosts} v={i}i {TIME + i}" for i in range(begin, end)]


@pytest.fixture
def server():
    with Scripted() as made:
        yield made


@pytest.fixture
def weir(server, brokers, start_weir):
    """One that takes writes, with points of 8 series in 3 partitions. What delivers is another."""
    sink = influx_sink(server.url, create_databases=False)
    started = start_weir(weir_of(brokers.addresses, sink, roles=["intake"], log={"shards": SHARDS}))
    for begin in range(0, 90, 10):
        write(started, "metrics", cpu(begin, begin + 10))
    write(started, "metrics", [f"disk\\ x,host=a v={i}i {TIME + i}" for i in range(20)], rp="week")
    write(started, "other", ['note text="a b\\"\nsecond line" ' + str(TIME)])
    return started


def test_stat(weir):
    done = weir_log(weir, "stat")
    assert done.returncode == 0, done.stderr
    assert "topic weir: 3 partitions, 1 replica of each, " in done.stdout
    told = json.loads(weir_log(weir, "stat", "--json").stdout)
    assert told["topic"] == "weir" and told["partitions"] == SHARDS and told["leaderless"] == 0
    assert told["frames"] == sum(each["end"] - each["first"] for each in told["offsets"]) > 3
    (sink,) = told["sinks"]
    assert sink["group"] == "weir-influx" and sink["lag_frames"] == told["frames"]
    assert "sink influx (group weir-influx): has committed nothing yet" in done.stdout
    assert done.stdout.count("; influx not begun") == SHARDS


def test_tail_has_all_partitions_in_the_order_of_receipt(weir):
    done = weir_log(weir, "tail", "-n", "200", "--db", "metrics", "--measurement", "cpu")
    assert done.returncode == 0, done.stderr
    shown = lines_in(done.stdout)
    assert sorted(shown) == sorted(cpu(0, 90))
    batches = [int(line.split(" v=")[1].split("i ")[0]) // 10 for line in shown]
    assert batches == sorted(batches), "the requests came one after another"
    assert len(lines_in(weir_log(weir, "tail", "-n", "5", "--db", "metrics").stdout)) == 5
    assert lines_in(weir_log(weir, "tail", "-n", "0").stdout) == []
    assert "# CONTEXT-DATABASE: other" in weir_log(weir, "tail", "-n", "1").stdout


def test_tail_follows(weir):
    command = [weir.executable, "log", "tail", "--config", weir.config_path, "-f", "-n", "1"]
    with subprocess.Popen([*command, "--db", "metrics"], cwd=weir.directory, stdout=subprocess.PIPE, text=True) as process:
        try:
            shown = (line for line in process.stdout if not line.startswith("#"))
            assert next(shown) == f"disk\\ x,host=a v=19i {TIME + 19}\n"
            write(weir, "other", [f"unseen v=1 {TIME}"])
            write(weir, "metrics", [f"live v=1i {TIME}"])
            assert next(shown) == f"live v=1i {TIME}\n"
        finally:
            process.send_signal(signal.SIGINT)


@pytest.mark.parametrize("compressed", [False, True])
def test_export(weir, compressed):
    out = weir.directory / "out.lp"
    done = weir_log(weir, "export", "--db", "metrics", "--out", out, *(["--gzip"] if compressed else []))
    assert done.returncode == 0, done.stderr
    assert "110 lines" in done.stderr
    content = out.read_bytes()
    text = (gzip.decompress(content) if compressed else content).decode()
    assert sorted(lines_in(text)) == sorted(cpu(0, 90) + [f"disk\\ x,host=a v={i}i {TIME + i}" for i in range(20)])
    assert weir_log(weir, "export", "--out", out).returncode == 1, "it is not written over"
    assert "0 lines" in weir_log(weir, "export", "--until", "1h").stderr
    assert "111 lines" in weir_log(weir, "export", "--since", "1h").stderr
    assert weir_log(weir, "export", "--since", "yesterday-ish").returncode == 2


def test_verify_tells_what_is_no_frame(weir, brokers):
    done = weir_log(weir, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "111 points" in done.stdout
    brokers.kcat.produce("weir", "by another program", partition=1)
    done = weir_log(weir, "verify")
    assert done.returncode == 0 and "1 records of other programs" in done.stdout, done.stdout
    assert "partition 1, offset" in done.stderr and "another program wrote it" in done.stderr
    brokers.kcat.produce("weir", "m v=1 1", partition=2, weir="1", kind="lines", encoding="plain", db="d", received="1",
                         points="1", bytes="7", least="1", greatest="1", sum="0123456789abcdef")  # fmt: skip
    done = weir_log(weir, "verify")
    assert done.returncode == 1 and "1 damaged frames with at least 1 points" in done.stdout, done.stdout


def test_replay(weir, server):
    done = weir_log(weir, "replay", "--sink", "influx", "--from", "1h", "--db", "metrics", "--dry-run")
    assert done.returncode == 0 and "110 points" in done.stderr, done.stderr
    done = weir_log(weir, "replay", "--sink", "influx", "--from", "1h", "--db", "metrics", "--to-database", "again")
    assert done.returncode == 0, done.stderr
    assert "110 points are delivered" in done.stdout
    assert sorted(server.stored["again"]) == sorted(cpu(0, 90) + [f"disk\\ x,host=a v={i}i {TIME + i}" for i in range(20)])
    assert weir_log(weir, "replay", "--sink", "inflx", "--from", "1h").returncode == 2
    done = weir_log(weir, "replay", "--sink", "influx", "--from", "2h", "--to", "1h")
    assert done.returncode == 1 and "nothing to deliver" in done.stderr, done.stderr


def test_what_is_not_there_is_told(weir, brokers):
    brokers.down()
    done = weir_log(weir, "stat")
    assert done.returncode == 1 and "(log.brokers) do not answer" in done.stderr, done.stderr
