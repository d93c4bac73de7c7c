# SPDX-License-Identifier: Apache-2.0
"""`weir log`: looks into the log of a running weir, and delivers a part of it once more."""

import gzip
import json
import pathlib
import signal
import subprocess

import pytest
from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import influx_sink, remote_write_sink, settings

TIME = 1_700_000_000_000_000_000


def weir_log(weir, *arguments, timeout=60):
    return subprocess.run(
        [weir.executable, "log", arguments[0], "--config", weir.config_path, *arguments[1:]],
        cwd=weir.directory,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def write(weir, db, lines, **params):
    answer = weir.client.request("POST", "/write", {"db": db, **params}, "\n".join(lines))
    assert answer.status == 204, answer.text()


def segments(weir):
    return sorted(pathlib.Path(weir.directory, "weir-data", "segments").glob("*.log"))


def lines_in(text):
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.fixture
def server():
    with Scripted() as made:
        yield made


@pytest.fixture
def weir(server, start_weir):
    """With points that were delivered and stay."""
    sink = influx_sink(server.url, create_databases=False)
    started = start_weir(settings(sink, log={"retain": "1h", "segment": "1MiB"}))
    write(started, "metrics", [f"cpu,host=a v={i}i {TIME + i}" for i in range(100)])
    write(started, "metrics", [f"disk\\ x,host=a v={i}i {TIME + i}" for i in range(50)], rp="week")
    write(started, "other", ['note text="a b\\"\nsecond line" ' + str(TIME)])
    wait_until(
        lambda: started.metrics().sum("weir_sink_delivered_points_total") == 151, 10, "delivered"
    )
    return started


def test_stat(weir):
    done = weir_log(weir, "stat")
    assert done.returncode == 0, done.stderr
    assert "151 points" in done.stdout
    assert "database metrics/week: 1 frames, 50 points" in done.stdout
    assert "sink influx: 0 points pending" in done.stdout
    told = json.loads(weir_log(weir, "stat", "--json").stdout)
    assert told["points"] == 151 and told["frames"] == 3
    assert [d["points"] for d in told["databases"]] == [100, 50, 1]
    assert told["sinks"][0]["low_water"] == 4


def test_tail(weir):
    done = weir_log(weir, "tail", "-n", "3")
    assert done.returncode == 0, done.stderr
    assert lines_in(done.stdout)[0] == f"disk\\ x,host=a v=48i {TIME + 48}"
    assert "# CONTEXT-DATABASE: other" in done.stdout
    done = weir_log(weir, "tail", "-n", "2", "--db", "metr*", "--measurement", "c?u")
    assert lines_in(done.stdout) == [f"cpu,host=a v={i}i {TIME + i}" for i in (98, 99)]
    assert lines_in(weir_log(weir, "tail", "-n", "0").stdout) == []


def test_tail_follows(weir):
    command = [weir.executable, "log", "tail", "--config", weir.config_path, "-f", "-n", "1"]
    with subprocess.Popen(
        [*command, "--db", "metrics"], cwd=weir.directory, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            first = [process.stdout.readline() for _ in range(4)]
            assert first[3] == f"disk\\ x,host=a v=49i {TIME + 49}\n"
            write(weir, "other", [f"unseen v=1 {TIME}"])
            write(weir, "metrics", [f"live v=1i {TIME}"])
            assert [process.stdout.readline() for _ in range(4)][3] == f"live v=1i {TIME}\n"
        finally:
            process.send_signal(signal.SIGINT)


@pytest.mark.parametrize("compressed", [False, True])
def test_export(weir, compressed):
    out = weir.directory / "out.lp"
    more = ["--gzip"] if compressed else []
    done = weir_log(weir, "export", "--db", "metrics", "--out", out, *more)
    assert done.returncode == 0, done.stderr
    assert "150 lines" in done.stderr
    content = out.read_bytes()
    text = (gzip.decompress(content) if compressed else content).decode()
    assert len(lines_in(text)) == 150
    assert "# DML\n# CONTEXT-DATABASE: metrics\n# CONTEXT-RETENTION-POLICY: week\n" in text
    # It is not written over.
    assert weir_log(weir, "export", "--out", out).returncode == 1
    assert "0 lines" in weir_log(weir, "export", "--until", "1h").stderr
    assert "151 lines" in weir_log(weir, "export", "--since", "1h").stderr
    assert weir_log(weir, "export", "--since", "yesterday-ish").returncode == 2


def test_verify(weir):
    done = weir_log(weir, "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 frames, 151 points" in done.stdout
    path = segments(weir)[0]
    whole = path.read_bytes()
    for position, told in ((60, "1 damaged record"), (len(whole) - 5, None), (len(whole) // 2, "")):
        flipped = bytearray(whole)
        flipped[position] ^= 4
        path.write_bytes(flipped)
        done = weir_log(weir, "verify")
        assert done.returncode == 1, (position, done.stdout)
        assert told is None or told in done.stdout + done.stderr
    path.write_bytes(whole)
    assert weir_log(weir, "verify").returncode == 0


def test_replay_into_another_database(weir, server):
    before = {db: list(lines) for db, lines in server.stored.items()}
    done = weir_log(
        weir, "replay", "--sink", "influx", "--from", "1h", "--db", "metrics", "--to-database", "night"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "150 points are delivered" in done.stdout
    assert sorted(server.stored["night"]) == sorted(before["metrics"])
    # Live delivery went on from where it was.
    write(weir, "metrics", [f"live v=1i {TIME}"])
    wait_until(lambda: len(server.stored["metrics"]) == 151, 10, "the live point")
    assert len(server.stored["night"]) == 150
    # Once more is once more.
    done = weir_log(weir, "replay", "--sink", "influx", "--from", "1h", "--to", "0s", "--db", "other")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(server.stored["other"]) == 2 * len(before["other"])


def test_replay_goes_on_after_it_was_interrupted(weir, server):
    frames = 40
    for i in range(frames):
        write(weir, "many", [f"m v={i}i {TIME + i}"])
    wait_until(lambda: len(server.stored.get("many", [])) == frames, 10, "delivered")
    taken = []

    def some(path, params, lines):
        if params.get("db") == "again" and len(taken) >= 3:
            return 503, {}, b"later"
        if params.get("db") == "again":
            taken.append(lines)
        return None

    server.answer = some
    options = ["--sink", "influx", "--from", "1h", "--db", "many", "--to-database", "again"]
    small = ["--set", "sink.influx.batch.points=4"]
    command = [weir.executable, "log", "replay", "--config", weir.config_path, *options, *small]
    with subprocess.Popen(
        command, cwd=weir.directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: 503 in server.statuses("again"), 20, "the server being busy")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 1 and "interrupted" in err, out + err
    server.answer = lambda path, params, lines: None
    done = weir_log(weir, "replay", *options, *small)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(server.stored["again"]) == sorted(server.stored["many"])


def test_a_second_replay_to_remote_write_sends_everything_again(start_weir):
    with Scripted() as receiver:
        sink = remote_write_sink(receiver.url + "/write", **{"batch.points": 20})
        weir = start_weir(settings(sink, log={"retain": "1h"}))
        for frame in range(5):
            write(weir, "metrics", [f"cpu,host=h{frame}.{i} v={i} {TIME}" for i in range(20)])
        weir.wait_delivered(100, sink="prometheus")
        for _ in range(2):
            before = len(receiver.statuses())
            done = weir_log(weir, "replay", "--sink", "prometheus", "--from", "1h")
            assert done.returncode == 0 and "100 points are delivered" in done.stdout, done.stdout + done.stderr
            assert len(receiver.statuses()) - before == 5


def test_replay_to_one_address_sends_its_share(start_weir):
    with Scripted() as first, Scripted() as second:
        servers = (first, second)
        urls = [each.url for each in servers]
        sink = influx_sink(first.url, addresses="shard", urls=urls, create_databases=False)
        weir = start_weir(settings(sink, log={"retain": "1h"}))
        write(weir, "metrics", [f"cpu,host=h{i} v={i}i {TIME}" for i in range(100)])
        stored = lambda: [sorted(each.stored.get("metrics", [])) for each in servers]
        wait_until(lambda: sum(map(len, stored())) == 100, 10, "delivered")
        live = stored()
        for at, url in enumerate(urls):
            name = "influx@" + url.removeprefix("http://")
            done = weir_log(weir, "replay", "--sink", name, "--from", "1h")
            assert done.returncode == 0, done.stdout + done.stderr
            assert sorted(servers[at].stored["metrics"]) == sorted(2 * live[at])


def test_mistakes_are_told(weir, start_weir):
    done = weir_log(weir, "replay", "--sink", "influy", "--from", "1h")
    assert done.returncode == 2 and 'did you mean "influx"' in done.stderr
    done = weir_log(weir, "replay", "--sink", "influx", "--from", "1h", "--db", "nothing")
    assert done.returncode == 1 and "log.retain" in done.stderr
    done = weir_log(weir, "stat", "--directory", "/nonexistent")
    assert done.returncode == 1 and "/nonexistent" in done.stderr
    done = subprocess.run([weir.executable, "log", "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and "Examples" in done.stdout
