# SPDX-License-Identifier: Apache-2.0
"""What an operator meets: start, stop, mistakes in the set-up, a full log, numbers that add up."""

import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness.client import Client, read_response, without_hint
from harness.load import Numbered
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, settings

T = 1_600_000_000_000_000_000

# On any of these some client throws its batch away.
FINAL_PHRASES = (
    "partial write",
    "unable to parse",
    "points beyond retention policy",
    "hinted handoff queue not empty",
    "retention policy not found",
    "database not found",
    "field type conflict",
)


def half_a_write(weir, db="mydb"):
    """A connection with a request that weir has begun to read, and the rest of that request."""
    body = f"cpu value=1i {T}".encode()
    connection = weir.client.raw(
        f"POST /write?db={db} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
    )
    assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sendall(body[:5])
    return connection, body[5:]


# --- stopping


def test_sigterm_under_load_delivers_what_was_acknowledged(influxd, start_weir):
    influxd.create_database("load")
    weir = start_weir(settings(influx_sink(influxd.url), service={"drain_timeout": "10s"}))
    with Numbered(lambda: weir.client.address, threads=4, lines=20) as load:
        wait_until(lambda: load.acknowledged_count() > 2000, what="load")
        began = time.monotonic()
        assert weir.stop() == 0
        assert time.monotonic() - began < 10
    assert load.missing_from(influxd) == []
    assert set(load.answers) - {204} <= {
        "ConnectionRefusedError",
        "ConnectionResetError",
        "BrokenPipeError",
        "RemoteDisconnected",
    }, load.answers


def test_what_could_not_be_delivered_is_there_at_the_next_start(influxd, start_weir):
    influxd.create_database("load")
    weir = start_weir(settings(influx_sink(influxd.url), service={"drain_timeout": "1s"}))
    influxd.kill()
    with Numbered(lambda: weir.client.address, threads=2, lines=20) as load:
        wait_until(lambda: load.acknowledged_count() > 2000, what="load")
        began = time.monotonic()
        assert weir.stop() == 0
        assert time.monotonic() - began < 4
    assert "it stays in the log" in weir.log()
    influxd.start()
    weir.start()
    wait_until(lambda: not load.missing_from(influxd), what="the rest of it")


def test_a_request_on_its_way_is_finished_after_sigterm(start_weir):
    weir = start_weir(settings(file_sink(), service={"drain_timeout": "20s"}))
    connection, rest = half_a_write(weir)
    weir.send_signal(signal.SIGTERM)
    wait_until(lambda: "SIGTERM" in weir.log(), what="the signal")
    with pytest.raises(OSError):
        weir.client.get("/ping")
    with connection, connection.makefile("rb") as stream:
        connection.sendall(rest)
        answer = read_response(stream)
        assert answer.status == 204
        assert answer.headers["connection"] == "close"
    assert weir.wait_exit() == 0
    assert weir.lines_of("mydb") == [f"cpu value=1i {T}"]


def test_a_request_that_never_ends_does_not_hold_up_the_end(start_weir):
    weir = start_weir(settings(file_sink(), service={"drain_timeout": "2s"}))
    connection, _ = half_a_write(weir)
    with connection:
        began = time.monotonic()
        assert weir.stop() == 0
        assert time.monotonic() - began < 4


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_at_once_and_loses_nothing(influxd, start_weir, second):
    influxd.create_database("mydb")
    weir = start_weir(
        settings(influx_sink(influxd.url, **{"batch.age": "1h"}), service={"drain_timeout": "1m"})
    )
    assert weir.client.write(f"cpu value=1i {T}", "mydb").status == 204
    connection, _ = half_a_write(weir)
    with connection:
        weir.send_signal(signal.SIGINT)
        wait_until(lambda: "SIGINT: no new connections" in weir.log(), what="the first signal")
        began = time.monotonic()
        weir.send_signal(second)
        assert weir.wait_exit() == 130
        assert time.monotonic() - began < 2
    assert "second signal" in weir.log()
    weir.configure(settings(influx_sink(influxd.url)))
    weir.start()
    weir.wait_delivered(1)
    assert influxd.count("mydb", "cpu") == 1


# --- starting


def test_a_port_in_use_is_named_with_its_process(make_weir):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        weir = make_weir(settings(http={"listen": [address]}))
        code, said = weir.refuses_to_start()
    assert code == 1
    assert address in said
    assert f"process {os.getpid()}" in said
    assert not weir.announce_path.exists()


def test_addresses_that_are_none(make_weir):
    for address, named in {
        "localhost": "localhost",
        "127.0.0.1:99999": "99999",
        "1.2.3.4.5:80": "1.2.3.4.5",
        "unix:": "unix:",
    }.items():
        weir = make_weir(settings(http={"listen": [address]}))
        code, said = weir.refuses_to_start()
        assert code == 2, (address, said)
        assert named in said and "http.listen" in said
        assert len(said.strip().splitlines()) <= 3, said


def test_a_unix_socket(start_weir, tmp_path):
    path = tmp_path / "weir.sock"
    config = settings(file_sink(), http={"listen": [f"unix:{path}", "127.0.0.1:0"]})
    weir = start_weir(config)
    unix = Client(f"unix:{path}")
    assert unix.get("/ping").status == 204
    assert unix.write(f"cpu value=1i {T}", "mydb").status == 204
    tcp = Client(weir.announced["http"][1])
    assert tcp.write(f"cpu value=2i {T}", "mydb").status == 204
    wait_until(lambda: len(weir.lines_of("mydb")) == 2, what="both lines")
    # What a killed process left behind is no obstacle; a living one is.
    weir.client = tcp
    weir.kill()
    assert path.is_socket()
    weir.start()
    assert unix.get("/ping").status == 204
    with pytest.raises(AssertionError, match="listens there"):
        start_weir(config)
    assert weir.stop() == 0
    assert not path.exists()


def test_announce_tells_pid_and_addresses(start_weir):
    weir = start_weir(settings(http={"listen": ["127.0.0.1:0", "[::1]:0"]}))
    assert weir.announced["pid"] == weir.pid
    assert len(weir.announced["http"]) == 2
    for address in weir.announced["http"]:
        assert Client(address).get("/ping").status == 204
        assert f"listens on {address}" in weir.log()


def test_two_weirs_in_one_directory(start_weir, make_weir, tmp_path):
    config = settings(log={"directory": str(tmp_path / "shared")})
    first = start_weir(config)
    second = make_weir(config)
    code, said = second.refuses_to_start()
    assert code == 1
    assert str(first.pid) in said and "shared" in said
    first.kill()
    second.start()
    assert second.client.get("/ping").status == 204


def test_mistakes_in_the_configuration(make_weir):
    cases = {
        "[http]\nlisten = 5": "listen",
        "[http]\nlissten = []": "lissten",
        '[log]\nkeep = "4 parsecs"': "4 parsecs",
        '[log]\nacknowledge = "hoped"': "hoped",
        "[limits]\nmemory = 1": "memory",
        '[[sink]]\nname = "a b"\ntype = "file"': "a b",
        '[[sink]]\nname = "a"\ntype = "carrier-pigeon"': "carrier-pigeon",
        '[[sink]]\nname = "a"\ntype = "influxdb"': "url",
        '[[sink]]\nname = "a"\ntype = "null"\n[[sink]]\nname = "a"\ntype = "null"': "a",
        "[http\n": "weir.toml:1:",
        "": "",
    }
    for text, named in cases.items():
        weir = make_weir(text)
        checked = subprocess.run(
            [weir.executable, "config", "check", "--config", weir.config_path],
            capture_output=True,
            text=True,
            timeout=20,
        )
        if text == "":
            assert checked.returncode == 0, checked.stderr
            continue
        assert checked.returncode == 2, (text, checked.stdout, checked.stderr)
        assert named in checked.stderr, (text, checked.stderr)
        assert "weir.toml" in checked.stderr, "the file is named"
        code, said = weir.refuses_to_start()
        assert code == 2, said
        assert named in said


def test_a_configuration_that_is_not_there(make_weir):
    weir = make_weir()
    weir.config_path.unlink()
    code, said = weir.refuses_to_start()
    assert code == 2
    assert str(weir.config_path) in said


def test_a_wrong_set_is_told(make_weir):
    for wrong in ("log.keep", "log.keeep=1GiB", "log.keep=much", "sink.nobody.url=http://x"):
        weir = make_weir(settings(), [wrong])
        code, said = weir.refuses_to_start()
        assert code == 2, (wrong, said)
        assert wrong.split("=")[0] in said, (wrong, said)


def test_the_example_configuration_is_right(make_weir):
    example = pathlib.Path(__file__).resolve().parents[3] / "conf" / "weir.toml"
    weir = make_weir(example.read_text(), ['http.listen=["127.0.0.1:0"]'])
    weir.start()
    assert weir.client.write(f"cpu value=1i {T}", "mydb").status == 204
    wait_until(lambda: weir.lines_of("mydb", "weir-data/lines"), what="the first point")
    assert weir.stop() == 0


def test_health_and_ready(start_weir):
    weir = start_weir()
    for path, status in (("/health", "pass"), ("/ready", "ready")):
        answer = weir.client.get(path)
        assert answer.status == 200
        assert answer.json()["status"] == status


def test_more_connections_than_allowed(start_weir):
    weir = start_weir(settings(file_sink()), ["http.connections=4"])
    held = [weir.client.raw() for _ in range(4)]
    try:
        with weir.client.raw() as fifth, fifth.makefile("rb") as stream:
            answer = read_response(stream)
            assert answer.status == 503
            assert "too many open connections" in answer.json()["error"]
        held.pop().close()

        def served_again():
            try:
                return weir.client.get("/ping").status == 204
            except (OSError, ValueError):
                return False

        wait_until(served_again, what="a place for another")
    finally:
        for connection in held:
            connection.close()


# --- a log that is full


def incompressible(count):
    return os.urandom(count // 2).hex()


def test_a_full_log_is_told_in_words_that_make_clients_wait(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url), log={"keep": "4MiB", "segment": "1MiB"}))
    influxd.kill()
    accepted = []
    refused = None
    for number in range(400):
        body = f'cpu n={number}i,text="{incompressible(100_000)}" {T + number}'
        answer = weir.client.write(body, "mydb")
        if answer.status != 204:
            refused = answer
            break
        accepted.append(number)
    assert refused is not None, "the log never got full"
    assert refused.status == 503
    message = refused.json()["error"]
    assert message.startswith("timeout")
    for phrase in FINAL_PHRASES:
        assert phrase not in refused.text()
        assert phrase not in refused.headers["x-influxdb-error"]
    assert "retry-after" not in refused.headers
    size = sum(each.stat().st_size for each in (weir.directory / "weir-data").rglob("*.log"))
    assert size <= 5 << 20
    assert weir.client.get("/ping").status == 204
    assert weir.metrics().sum("weir_lines_received_total") == len(accepted)
    # Nothing was given up, and as soon as the server is back there is room again.
    influxd.start()
    number = 1000

    def accepted_again():
        nonlocal number
        number += 1
        if weir.client.write(f"cpu n={number}i {T + number}", "mydb").status == 204:
            accepted.append(number)
            return True
        return False

    wait_until(accepted_again, what="room in the log")
    weir.wait_delivered(len(accepted))
    stored = [row["n"] for row in influxd.rows("SELECT n FROM cpu", "mydb")]
    assert stored == accepted


def test_discard_oldest_and_sinks_that_are_not_required(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(
        settings(
            influx_sink(influxd.url, required=False),
            file_sink(),
            log={"keep": "4MiB", "segment": "1MiB"},
        )
    )
    influxd.kill()
    count = 200
    for number in range(count):
        body = f'cpu n={number}i,text="{incompressible(100_000)}" {T + number}'

        def written():
            return weir.client.write(body, "mydb").status == 204  # 503 while the file is behind

        wait_until(written, what="room: the sink that is away is not required")
    weir.wait_delivered(count, sink="lines")
    influxd.start()

    def settled():
        metrics = weir.metrics()
        accepted = metrics.sum("weir_sink_accepted_points_total", sink="influx")
        pending = metrics.sum("weir_sink_pending_points", sink="influx")
        return accepted == count and pending == 0

    wait_until(settled, what="what was left of it delivered")
    metrics = weir.metrics()
    delivered = metrics.sum("weir_sink_delivered_points_total", sink="influx")
    discarded = metrics.sum("weir_sink_discarded_points_total", sink="influx")
    assert discarded > 0 and delivered > 0
    assert delivered + discarded == count
    stored = [row["n"] for row in influxd.rows("SELECT n FROM cpu", "mydb")]
    assert stored == list(range(count - len(stored), count)), "the newest are kept"
    assert len(stored) == delivered


# --- retention


@pytest.fixture
def hour(influxd, start_weir):
    """InfluxDB and weir know a database "kept" that forgets after an hour."""
    influxd.query('CREATE DATABASE "kept" WITH DURATION 1h')

    def start(expired):
        policies = {"kept": {"retention": "1h", "expired": expired}}
        return start_weir(settings(influx_sink(influxd.url), databases=policies))

    return influxd, start


def test_points_beyond_retention_are_rejected_in_influxdbs_words(hour):
    influxd, start = hour
    weir = start("reject")
    now = time.time_ns()
    bodies = [
        f"old value=1 {now - 7200 * 10**9}",
        f"new value=1 {now}\nold value=1 {T}\nold value=2 {T + 1}",
        f"new value=1 {now}\nbad line here\nold value=1 {T}",
    ]
    for body in bodies:
        theirs, ours = influxd.client.write(body, "kept"), weir.client.write(body, "kept")
        assert theirs.status == ours.status == 400
        if "bad" not in body:
            assert theirs.json()["error"] == without_hint(ours.json()["error"])
        assert "partial write: " in ours.json()["error"]
        assert "points beyond retention policy dropped=" in ours.json()["error"]
    weir.wait_delivered(2)
    metrics = weir.metrics()
    assert metrics.sum("weir_lines_rejected_total", reason="beyond_retention") == 4


def test_points_beyond_retention_are_dropped_in_silence(hour):
    influxd, start = hour
    weir = start("drop")
    now = time.time_ns()
    assert weir.client.write(f"old value=1 {T}\nnew value=1 {now}", "kept").status == 204
    weir.wait_delivered(1)
    assert weir.metrics().sum("weir_lines_dropped_total", database="kept") == 1
    assert influxd.count("kept", "new") == 1


def clamped(weir):
    before = time.time_ns()
    assert weir.client.write(f"old value=1 {T}", "kept").status == 204
    assert weir.metrics().sum("weir_lines_mended_total", reason="retention_clamped") == 1
    return before, time.time_ns()


def test_points_beyond_retention_are_clamped(start_weir):
    policies = {"kept": {"retention": "1h", "expired": "clamp"}}
    weir = start_weir(settings(file_sink(), databases=policies))
    before, after = clamped(weir)
    wait_until(lambda: weir.lines_of("kept"), what="the point")
    (line,) = weir.lines_of("kept")
    words = line.rsplit(" ", 1)
    assert words[0] == "old value=1"
    hour_ns = 3600 * 10**9
    assert before - hour_ns <= int(words[1]) <= after - hour_ns // 2


def test_a_clamped_point_is_still_stored_by_influxdb(hour):
    """Both know the same duration: a point at the very edge would be beyond it on arrival."""
    influxd, start = hour
    weir = start("clamp")
    clamped(weir)
    weir.wait_delivered(1)
    assert influxd.count("kept", "old") == 1


# --- numbers


def test_the_law_of_conservation(influxd, start_weir):
    for db in ("one", "two"):
        influxd.create_database(db)
    weir = start_weir(
        settings(
            influx_sink(influxd.url, databases=["one", "two"]),
            file_sink(),
            null_sink(databases=["t*"]),
            databases={"two": {"retention": "1h", "expired": "drop"}},
        )
    )
    sent = {"one": 0, "two": 0}
    lock = threading.Lock()
    failures = []

    def write(seed):
        random_ = random.Random(seed)
        keep = weir.client.connect()
        for request in range(60):
            db = random_.choice(["one", "two"])
            lines = [
                random_.choice(
                    [
                        f"good,w={seed} value={request}i {time.time_ns() + number}",
                        f"old,w={seed} value=1i {T + number}",
                        "bad line here",
                        "bad value=",
                        f'text,w={seed} value="a\nb" {time.time_ns() + number}',
                        f"mended,w={seed} value=5u {time.time_ns() + number}",
                    ]
                )
                for number in range(random_.randrange(30))
            ]
            answer = weir.client.write("\n".join(lines), db, keep=keep)
            if answer.status not in (204, 400):
                failures.append(answer)
            with lock:
                sent[db] += len(lines)
        keep.close()

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert not failures
    metrics = weir.metrics()
    for db, count in sent.items():
        received = metrics.sum("weir_lines_received_total", database=db)
        accepted = metrics.sum("weir_lines_accepted_total", database=db)
        rejected = metrics.sum("weir_lines_rejected_total", database=db)
        dropped = metrics.sum("weir_lines_dropped_total", database=db)
        assert received == count
        assert received == accepted + rejected + dropped, db
        assert rejected > 0 and (dropped > 0) == (db == "two")
    expected = {
        "influx": metrics.sum("weir_lines_accepted_total"),
        "lines": metrics.sum("weir_lines_accepted_total"),
        "nowhere": metrics.sum("weir_lines_accepted_total", database="two"),
    }
    for sink, count in expected.items():
        weir.wait_delivered(count, sink=sink)
        holds_for_sink(weir, sink, count)
    # The numbers go on after a restart.
    weir.restart()
    assert weir.client.write(f"good value=1i {time.time_ns()}", "two").status == 204
    for sink, count in expected.items():
        weir.wait_delivered(count + 1, sink=sink)
        holds_for_sink(weir, sink, count + 1)


def holds_for_sink(weir, sink, accepted):
    metrics = weir.metrics()
    delivered = metrics.sum("weir_sink_delivered_points_total", sink=sink)
    discarded = metrics.sum("weir_sink_discarded_points_total", sink=sink)
    pending = metrics.sum("weir_sink_pending_points", sink=sink)
    assert metrics.one("weir_sink_accepted_points_total", sink=sink) == accepted
    assert accepted == delivered + discarded + pending, sink


def test_what_influxdb_refuses_is_set_aside_and_counted(influxd, start_weir):
    """A type that changed: InfluxDB keeps the good points of the batch, weir tells of the other."""
    influxd.create_database("mydb")
    unchecked = {"*": {"types": "off"}}
    weir = start_weir(settings(influx_sink(influxd.url), file_sink(), databases=unchecked))
    assert weir.client.write(f"cpu value=1i {T}", "mydb").status == 204
    weir.wait_delivered(1)
    body = f"cpu value=2i {T + 1}\ncpu value=3.5 {T + 2}\nmem value=1 {T}"
    assert weir.client.write(body, "mydb").status == 204
    wait_until(
        lambda: weir.metrics().sum("weir_sink_discarded_points_total", sink="influx") == 1,
        what="the conflict",
    )
    weir.wait_delivered(3)
    holds_for_sink(weir, "influx", 4)
    assert influxd.rows("SELECT value FROM cpu", "mydb") == [
        {"time": T, "value": 1},
        {"time": T + 1, "value": 2},
    ]
    assert influxd.count("mydb", "mem") == 1
    refused = list((weir.directory / "weir-data" / "refused").iterdir())
    assert any("field type conflict" in each.read_text() for each in refused)
    weir.wait_delivered(4, sink="lines")


def test_a_mistyped_database_holds_its_own_lane_alone(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False)))
    assert weir.client.write(f"cpu value=1i {T}", "mydbb").status == 204
    for number in range(20):
        assert weir.client.write(f"cpu value={number}i {T + number}", "mydb").status == 204
    wait_until(lambda: influxd.count("mydb", "cpu") == 20, what="the other database's points")
    wait_until(lambda: weir.metrics().one("weir_sink_held_lanes", sink="influx") == 1)
    # InfluxDB shows the points before weir has read its answer.
    wait_until(
        lambda: weir.metrics().one("weir_sink_pending_points", sink="influx") == 1,
        what="nothing but the mistyped one to be pending",
    )
    assert influxd.databases() == ["mydb"], "weir made up a database"
    assert "mydbb" in weir.log() and "database not found" in weir.log()
    influxd.create_database("mydbb")
    weir.wait_delivered(21)
    assert influxd.count("mydbb", "cpu") == 1


def test_metrics_are_sound_and_announce_their_types(start_weir):
    weir = start_weir(settings(file_sink()))
    assert weir.client.write(f'cpu value=1i {T}', 'quo"te').status == 204
    text = weir.client.get("/metrics").text()
    metrics = weir.metrics()
    assert metrics.sum("weir_lines_received_total", database='quo"te') == 1
    for name in metrics.names():
        whole = re.sub("_(bucket|sum|count)$", "", name)
        of = whole if f"# TYPE {whole} histogram" in text else name
        assert f"# TYPE {of} " in text, name
        assert f"# HELP {of} " in text, name
    assert json.loads(weir.announce_path.read_text())["pid"] == weir.pid
