# SPDX-License-Identifier: Apache-2.0
"""Servers and clients that behave badly in the middle of good work, disks and limits that end."""

import random
import resource
import socket
import struct
import threading

import pytest

from harness.client import read_response
from harness.http_server import Answer, HttpServer
from harness.load import Numbered
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, settings

T = 1_600_000_000_000_000_000


# --- the server behind a sink


@pytest.fixture
def scripted():
    """scripted(function) is the URL of a server that answers function(path, body)."""
    servers = []

    def start(function):
        def answer_to(request):
            answer = function(request.target, request.raw_body)
            return answer and Answer(answer[0], answer[1].encode())  # None: never

        servers.append(HttpServer(answer_to))
        return servers[-1].url

    yield start
    for server in servers:
        server.stop()


def test_batches_are_halved_until_the_server_takes_them(start_influxd, start_weir):
    influxd = start_influxd("max-body-size = 2000")
    influxd.create_database("mydb")
    weir = start_weir(
        settings(influx_sink(influxd.url, **{"batch.age": "1s"}), log={"compression": "none"})
    )
    body = "".join(f"cpu,host=some_host_name value={n}i {T + n}\n" for n in range(2000))
    assert weir.client.write(body, "mydb").status == 204
    long_line = f'cpu text="{"x" * 5000}" {T + 5000}'
    assert weir.client.write(long_line, "mydb").status == 204
    weir.wait_delivered(2000)
    assert influxd.count("mydb", "cpu") == 2000
    metrics = weir.metrics()
    assert metrics.sum("weir_sink_discarded_points_total", sink="influx") == 1
    assert metrics.sum("weir_sink_discarded_points_total", sink="influx", reason="too_large") == 1


def test_a_server_that_never_answers_holds_up_nobody_else(scripted, start_weir):
    url = scripted(lambda path, body: None)
    weir = start_weir(
        settings(influx_sink(url, timeout="1s"), file_sink(), service={"drain_timeout": "2s"})
    )
    for n in range(100):
        assert weir.client.write(f"cpu value={n}i {T + n}", "mydb").status == 204
    weir.wait_delivered(100, sink="lines")
    wait_until(
        lambda: weir.metrics().sum("weir_sink_requests_total", sink="influx", status="failed") > 0,
        what="a time-out",
    )
    assert weir.metrics().sum("weir_sink_pending_points", sink="influx") == 100
    assert weir.stop() == 0


def test_a_server_that_fails_at_random_loses_nothing(scripted, influxd, start_weir):
    """It stores a batch and answers an error, hangs up, or answers nonsense."""
    influxd.create_database("load")
    random_ = random.Random(1)
    lock = threading.Lock()

    def answer(path, body):
        with lock:
            choice = random_.random()
        if choice < 0.2:
            return 500, '{"error":"timeout"}'
        if choice < 0.3:
            return 503, "<html>no JSON</html>"
        if choice < 0.4:
            return 429, ""
        if choice < 0.5:
            return 404, '{"error":"database not found: \\"load\\""}'
        if choice < 0.6:
            return 401, '{"error":"authorization failed"}'
        given = influxd.client.request(
            "POST", path, body=body, headers={"Content-Encoding": "gzip"} if zipped(body) else {}
        )
        if choice < 0.7:
            return 502, "stored all the same"
        return given.status, given.text()

    weir = start_weir(settings(influx_sink(scripted(answer), retry_most="50ms")))
    with Numbered(lambda: weir.client.address, threads=2, lines=20, pace=0.01) as load:
        wait_until(lambda: load.acknowledged_count() > 4000, what="load")
    weir.wait_delivered(load.acknowledged_count(), 60)
    assert load.missing_from(influxd) == []
    metrics = weir.metrics()
    assert metrics.sum("weir_sink_discarded_points_total", sink="influx") == 0


def zipped(body):
    return body[:2] == b"\x1f\x8b"


def test_one_poisoned_line_does_not_take_others_along(scripted, start_weir):
    """A partial write as InfluxDB words it: the good lines are stored, one is counted."""
    url = scripted(
        lambda path, body: (
            400,
            '{"error":"partial write: field type conflict: input field \\"v\\" on measurement '
            '\\"m\\" is type float, already exists as type integer dropped=1"}\n',
        )
    )
    weir = start_weir(settings(influx_sink(url)))
    body = "".join(f"m v={n}i {T + n}\n" for n in range(100))
    assert weir.client.write(body, "mydb").status == 204
    weir.wait_delivered(99)
    assert weir.metrics().sum("weir_sink_discarded_points_total", sink="influx") == 1


def test_a_lane_that_stays_held_does_not_fill_the_journal(scripted, start_weir):
    """The database is to be created, but the server refuses that for ever."""

    def answer(path, body):
        if path.startswith("/query"):
            return 200, '{"results":[{"statement_id":0,"error":"invalid name"}]}'
        return 404, '{"error":"database not found: \\"mydb\\""}'

    weir = start_weir(settings(influx_sink(scripted(answer), retry_most="20ms")))
    told = weir.client.request("POST", "/query", {"q": "CREATE DATABASE mydb"}).json()
    assert told["results"][0]["error"] == "invalid name"
    assert weir.client.write("cpu value=1", "mydb").status == 204
    wait_until(lambda: weir.metrics().sum("weir_sink_holds_total", sink="influx") > 30)
    assert 'database not found: "mydb"' in weir.log()
    assert len(weir.log().splitlines()) < 10, weir.log()


def test_a_server_with_authentication(start_influxd, start_weir):
    influxd = start_influxd("auth-enabled = true")
    influxd.client.request(
        "POST", "/query", {"q": "CREATE USER admin WITH PASSWORD 'pä:ss' WITH ALL PRIVILEGES"}
    )
    login = {"u": "admin", "p": "pä:ss"}
    influxd.client.request("POST", "/query", {"q": "CREATE DATABASE mydb", **login})
    wrong = start_weir(
        settings(
            influx_sink(influxd.url, username="admin", password="guessed"),
            service={"drain_timeout": "100ms"},
        )
    )
    assert wrong.client.write(f"cpu value=1i {T}", "mydb").status == 204
    wait_until(lambda: wrong.metrics().one("weir_sink_held_lanes", sink="influx") == 1)
    assert "authorization failed" in wrong.log()
    assert "guessed" not in wrong.log()
    wrong.stop()
    wrong.configure(settings(influx_sink(influxd.url, username="admin", password="pä:ss")))
    right = wrong.start()
    right.wait_delivered(1)
    answer = influxd.client.request(
        "POST", "/query", {"q": "SELECT value FROM cpu", "db": "mydb", "epoch": "ns", **login}
    )
    assert answer.json()["results"][0]["series"][0]["values"] == [[T, 1]]


# --- clients


def test_clients_that_hang_up_before_their_answer(start_weir):
    weir = start_weir(settings(file_sink()))
    with Numbered(lambda: weir.client.address, db="good", threads=2, lines=10) as good:
        for number in range(300):
            body = b"cpu value=%di %d" % (number, T + number)
            request = (
                b"POST /write?db=rude HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
                % (len(body), body)
            )
            connection = weir.client.raw(request * 20)
            if number % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
    assert set(good.answers) == {204}
    wait_until(lambda: weir.metrics().sum("weir_http_connections") == 1, what="their end")
    accepted = weir.metrics().sum("weir_lines_accepted_total")
    weir.wait_delivered(accepted, sink="lines")
    assert not good.missing_from_lines(weir.lines_of("good"))
    assert {len(line.split()) for line in weir.lines_of("rude")} <= {3}


def test_a_client_that_never_reads_its_answers(start_weir):
    weir = start_weir(settings(null_sink(), http={"idle_timeout": "5s"}))
    request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 1000
    before = weir.rss_bytes()
    with weir.client.raw() as connection:
        connection.settimeout(1)
        sent = 0
        try:
            while sent < 64 << 20:
                sent += connection.send(request)
        except (TimeoutError, OSError):
            pass
        assert sent < 64 << 20, "requests are read although nobody reads the answers"
        assert weir.client.get("/ping").status == 204
        assert weir.sanitized() or weir.rss_bytes() - before < 16 << 20


def test_more_than_memory_allows_is_answered_503_and_passes(start_weir):
    """Many bodies at once, each held until its end: none of them is half kept."""
    weir = start_weir(settings(file_sink(), limits={"memory": "16MiB"}))
    lines = 20_000
    body = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(lines))
    head = b"POST /write?db=big HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)
    held = [weir.client.raw(head + body[:-1]) for _ in range(30)]
    statuses = []
    try:
        for connection in held:
            connection.sendall(body[-1:])
        for connection in held:
            with connection.makefile("rb") as stream:
                answer = read_response(stream)
            statuses.append(answer.status)
            if answer.status != 204:
                assert answer.json()["error"].startswith("timeout")
    finally:
        for connection in held:
            connection.close()
    assert set(statuses) == {204, 503}, statuses
    assert weir.sanitized() or weir.peak_rss_bytes() < (16 + 40) << 20
    kept = statuses.count(204)
    weir.wait_delivered(kept * lines, sink="lines")
    assert len(weir.lines_of("big")) == kept * lines
    # And the memory comes back.
    wait_until(lambda: weir.metrics().sum("weir_memory_used_bytes", use="requests") == 0)
    assert weir.client.write(body, "big").status == 204


def test_more_databases_than_allowed(start_weir):
    weir = start_weir(settings(null_sink(), limits={"databases": 100}))
    keep = weir.client.connect()
    for number in range(100):
        assert weir.client.write("cpu value=1", f"db{number}", keep=keep).status == 204
    answer = weir.client.write("cpu value=1", "one_more", keep=keep)
    assert answer.status == 400
    assert "limits.databases" in answer.json()["error"]
    answer = weir.client.request("POST", "/query", {"q": "CREATE DATABASE yet_another"})
    assert "limits.databases" in answer.json()["results"][0]["error"]
    assert weir.client.write("cpu value=1", "db7", keep=keep).status == 204
    keep.close()


def test_many_databases(influxd, start_weir):
    """A lane each: all are served, and the metrics still add up."""
    weir = start_weir(settings(influx_sink(influxd.url), file_sink()))
    count = 150
    keep = weir.client.connect()
    for number in range(count):
        name = f"db{number}"
        answer = weir.client.request("POST", "/query", {"q": f"CREATE DATABASE {name}"}, keep=keep)
        assert answer.status == 200
        assert weir.client.write(f"cpu value={number}i {T}", name, keep=keep).status == 204
    keep.close()
    weir.wait_delivered(count, 60)
    weir.wait_delivered(count, 60, sink="lines")
    assert len(influxd.databases()) == count
    for number in (0, 1, count - 1):
        assert influxd.rows("SELECT value FROM cpu", f"db{number}")[0]["value"] == number


# --- limits of the machine


def test_no_more_files_may_be_open(make_weir):
    """Connections beyond the limit wait; those that are served are, and later all are."""
    weir = make_weir(settings(file_sink()))
    if weir.sanitized():
        pytest.skip("the sanitizers open files themselves when they look at addresses")
    weir.start()
    resource.prlimit(weir.pid, resource.RLIMIT_NOFILE, (weir.open_files() + 10,) * 2)
    held = [weir.client.raw() for _ in range(40)]
    try:
        wait_until(lambda: "cannot accept" in weir.log(), what="the shortage told")
        weir.must_be_alive()
    finally:
        for connection in held:
            connection.close()
    assert weir.client.write(f"cpu value=1i {T}", "mydb").status == 204
    wait_until(lambda: weir.lines_of("mydb"), what="its line")
    assert weir.log().count("cannot accept") < 20, "the log is flooded"


def test_a_disk_that_is_full(start_weir):
    """As far as a limit on the size of files stands for it: 503, and again 204 when it is gone."""
    weir = start_weir(settings(null_sink(), log={"compression": "none"}))
    assert weir.client.write("cpu value=1", "mydb").status == 204
    _, hard = resource.prlimit(weir.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(weir.pid, resource.RLIMIT_FSIZE, (300_000, hard))
    line = 'cpu text="' + "x" * 50_000 + '"'
    answers = [weir.client.write(line, "mydb") for _ in range(12)]
    weir.must_be_alive()
    assert answers[0].status == 204
    assert answers[-1].status == 503, [answer.status for answer in answers]
    assert answers[-1].json()["error"].startswith("timeout")
    assert weir.client.get("/health").status == 503
    resource.prlimit(weir.pid, resource.RLIMIT_FSIZE, (hard, hard))
    wait_until(lambda: weir.client.write(line, "mydb").status == 204, what="room on the disk")
    assert weir.client.get("/health").status == 200
    accepted = weir.metrics().sum("weir_lines_accepted_total")
    weir.wait_delivered(accepted, sink="nowhere")
    weir.restart()
    assert weir.client.write(line, "mydb").status == 204


# --- what lies on the disk


def backlog(influxd, weir, lines=400):
    influxd.create_database("mydb")
    influxd.kill()
    for number in range(lines):
        assert weir.client.write(f"cpu value={number}i {T + number}", "mydb").status == 204
    weir.kill()
    return weir.directory / "weir-data"


def test_a_damaged_record_costs_itself(influxd, start_weir):
    weir = start_weir(settings(influx_sink(influxd.url)))
    data = backlog(influxd, weir)
    segment = max((data / "segments").glob("*.log"))
    content = bytearray(segment.read_bytes())
    used = len(content.rstrip(b"\0"))
    content[used // 2] ^= 0x55
    segment.write_bytes(content)
    weir.start()
    influxd.start()
    wait_until(lambda: influxd.count("mydb", "cpu") >= 398, what="the others")
    metrics = weir.metrics()
    assert metrics.sum("weir_log_damaged_records_total") >= 1
    weir.wait_delivered(1)
    assert "damaged" in weir.log()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\0" * 100])
def test_a_damaged_cursor_is_told_or_begun_anew(influxd, start_weir, content):
    weir = start_weir(settings(influx_sink(influxd.url)))
    data = backlog(influxd, weir)
    (data / "cursors" / "influx.cursor").write_bytes(content)
    influxd.start()
    try:
        weir.start()
    except AssertionError:
        assert "influx.cursor" in weir.log() and weir.log().count("FATAL") == 1
        (data / "cursors" / "influx.cursor").unlink()
        weir.process = None
        weir.start()
    wait_until(lambda: influxd.count("mydb", "cpu") == 400, what="every point")


def test_a_directory_that_cannot_be_written(make_weir, tmp_path):
    (tmp_path / "file").write_text("in the way")
    weir = make_weir(settings(log={"directory": str(tmp_path / "file")}))
    code, said = weir.refuses_to_start()
    assert code == 1
    assert str(tmp_path / "file") in said
