# SPDX-License-Identifier: Apache-2.0
"""Clients that take what they can: answers that nobody reads, bodies that stand still, little gzip
that becomes much. Memory stays within its limit and others are served beside them."""

import gzip
import http.client
import random
import socket
import statistics
import threading
import time

import pytest

from harness.client import read_response
from harness.process import wait_until
from harness.settings import null_sink, settings

T = 1_600_000_000_000_000_000
MIB = 1 << 20
# Beside limits.memory: the program, its tables, the sockets.
PROCESS_BYTES = 80 * MIB
# Where hostile clients come from: what one address may take leaves something to all others.
OTHER = "127.0.0.2"


@pytest.fixture
def held():
    """Sockets that a test opens and leaves alone."""
    sockets = []
    yield sockets
    for each in sockets:
        each.close()


def start(start_weir, **tables):
    limits = {"memory": "16MiB", "series": "1MiB", "types": "1MiB", "duplicates": 0}
    tables["limits"] = {**limits, **tables.get("limits", {})}
    return start_weir(settings(null_sink(), **tables))


def small_window(weir, data, source="127.0.0.1"):
    """A connection whose kernel takes little, and which reads nothing."""
    host, port = weir.client.address.rsplit(":", 1)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.bind((source, 0))
    connection.settimeout(5)
    connection.connect((host, int(port)))
    try:
        connection.sendall(data)
    except OSError:
        pass  # closed by weir
    return connection


def post(body, path="/write?db=mydb", headers=b"", length=None):
    length = len(body) if length is None else length
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n%s\r\n"
    return head % (path.encode(), length, headers) + body


GZIP = b"Content-Encoding: gzip\r\n"


def scraped(weir):
    """A whole scrape? While memory is short, one is refused or cut off."""
    try:
        return weir.client.get("/metrics").status == 200
    except (http.client.HTTPException, OSError):
        return False


def used_by_requests(weir):
    return weir.metrics().sum("weir_memory_used_bytes", use="requests") if scraped(weir) else MIB


def create_databases(weir, count, name):
    """By writing to them, which costs less than to create them."""
    with weir.client.raw() as connection:
        stream = connection.makefile("rb")
        for first in range(0, count, 50):
            numbers = range(first, min(first + 50, count))
            paths = [f"/write?db={name % number}" for number in numbers]
            connection.sendall(b"".join(post(b"cpu value=1i", path) for path in paths))
            assert all(read_response(stream).status == 204 for _ in paths)


class Good(threading.Thread):
    """A client that writes one line after the other and knows how long each took."""

    def __init__(self, weir, source="127.0.0.1", body=None):
        super().__init__(daemon=True)
        self.weir, self.source, self.body = weir, source, body
        self.ended = threading.Event()
        self.seconds, self.statuses, self.error = [], [], None

    def __enter__(self):
        self.start()
        wait_until(lambda: len(self.seconds) > 20 or self.error, what="the good client")
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join(30)
        assert self.error is None, self.error

    def run(self):
        try:
            host, port = self.weir.client.address.rsplit(":", 1)
            with socket.create_connection((host, int(port)), 20, (self.source, 0)) as connection:
                stream = connection.makefile("rb")
                number = 0
                while not self.ended.is_set():
                    number += 1
                    body = self.body or b"cpu,host=good value=%di %d" % (number, T + number)
                    began = time.monotonic()
                    connection.sendall(post(body, "/write?db=good"))
                    self.statuses.append(read_response(stream).status)
                    self.seconds.append(time.monotonic() - began)
                    self.ended.wait(0.005)
        except Exception as error:  # told by the test
            self.error = error

    def p99(self):
        return statistics.quantiles(self.seconds, n=100)[-1]


# --- answers that nobody reads


def rest_within(weir, bytes_max):
    rss = weir.peak_rss_bytes()
    print(f"peak {rss / MIB:.1f} MiB")
    assert weir.sanitized() or rss < bytes_max


def test_metrics_that_nobody_reads(start_weir, held):
    weir = start(start_weir)
    create_databases(weir, 2000, "d" * 200 + "%d")
    for _ in range(100):
        held.append(small_window(weir, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50, OTHER))
    assert weir.client.write("cpu value=1", "mydb").status == 204
    rest_within(weir, 16 * MIB + PROCESS_BYTES)
    for each in held:
        each.close()
    wait_until(lambda: scraped(weir), what="a scrape")
    wait_until(lambda: used_by_requests(weir) < MIB, what="memory given back")


def test_answers_of_queries_that_nobody_reads(start_weir, held):
    weir = start(start_weir)
    create_databases(weir, 2000, "q" * 200 + "%d")
    request = b"GET /query?q=SHOW+DATABASES HTTP/1.1\r\nHost: x\r\n\r\n"
    for _ in range(100):
        held.append(small_window(weir, request * 20, OTHER))
    assert weir.client.write("cpu value=1", "mydb").status == 204
    rest_within(weir, 16 * MIB + PROCESS_BYTES)


def test_many_statements_of_one_request(start_weir):
    """A kilobyte that asks for the same long list a hundred times."""
    weir = start(start_weir, http={"loops": 1})
    create_databases(weir, 4000, "q" * 200 + "%d")
    statements = "%3B".join(["SHOW+DATABASES"] * 100)
    with Good(weir, OTHER) as good:
        for accept in ("application/json", "application/csv", "application/x-msgpack"):
            path = f"/query?q={statements}"
            answer = weir.client.request("GET", path, headers={"Accept": accept})
            assert answer.status in (200, 503)
    print(f"p99 {good.p99() * 1000:.1f} ms, most {max(good.seconds):.3f} s")
    assert set(good.statuses) == {204} and max(good.seconds) < 1.0
    rest_within(weir, 16 * MIB + PROCESS_BYTES)


def test_verbose_answers_that_nobody_reads(start_weir, held):
    """Some hundred bytes of gzip, ten thousand refused lines, two megabytes of answer."""
    weir = start(start_weir, letters={"enabled": False})
    body = gzip.compress(b"bad\n" * 20_000 + b"cpu value=1 1\n")
    assert len(body) < 400
    request = post(body, "/write?db=mydb&verbose=true", GZIP)
    for _ in range(150):
        held.append(small_window(weir, request, OTHER))
    assert weir.client.write("cpu value=1", "mydb").status == 204
    rest_within(weir, 16 * MIB + PROCESS_BYTES)
    wait_until(lambda: scraped(weir), what="a scrape")


def test_a_refusal_for_which_there_is_no_memory_is_told_briefly(start_weir):
    """A 503 would make its client send again what is kept."""
    weir = start(start_weir, letters={"enabled": False})
    # In JSON each of these bytes is six.
    body = (b"\1" * 1000 + b"\n") * 900 + b"cpu value=1 1\n"
    answer = weir.client.write(body, "mydb", verbose="true")
    assert answer.status == 400 and len(answer.body) < 16_000
    assert answer.json()["error"].startswith("partial write: ")
    assert weir.metrics().sum("weir_lines_accepted_total") == 1
    assert weir.metrics().sum("weir_http_answers_lost_total") == 1


# --- a scrape


def test_a_scrape_of_many_databases_holds_no_writer(start_weir):
    weir = start_weir(settings(null_sink(), http={"loops": 1}))
    create_databases(weir, 5000, "s" * 200 + "%d")
    assert weir.client.write("cpu value=1", "later").status == 204
    with Good(weir) as good:
        sizes = [len(weir.client.get("/metrics").body) for _ in range(10)]
    print(f"{sizes[0]} bytes, p99 {good.p99() * 1000:.1f} ms, most {max(good.seconds):.3f} s")
    assert max(good.seconds) < 0.5
    metrics = weir.metrics()
    labels = {labels["database"] for labels, _ in metrics.matching("weir_lines_received_total")}
    assert len(labels) == 501 and "(other)" in labels
    assert metrics.one("weir_lines_received_total", database="(other)") >= 1


def test_databases_without_rows_of_their_own_are_summed_up(start_weir):
    weir = start_weir(settings(null_sink(), limits={"labelled_databases": 2}))
    for number in range(6):
        lines = f"cpu value=1 {T}\nbad\n" * (number + 1)
        assert weir.client.write(lines, f"db{number}").status == 400
    metrics = weir.metrics()
    for database, good in [("db0", 1), ("db1", 2), ("(other)", 3 + 4 + 5 + 6)]:
        of = {"database": database}
        assert metrics.one("weir_lines_received_total", **of) == 2 * good
        assert metrics.one("weir_lines_accepted_total", **of) == good
        assert metrics.sum("weir_lines_rejected_total", **of) == good
    assert metrics.sum("weir_series") == 6


# --- bodies that stand still


def stalled_request(seed):
    """A gzip body of some kilobytes that becomes most of a megabyte, without its end."""
    rand = random.Random(seed)
    line = b"cpu,host=h%d value=%di %d\n"
    text = line % (seed, rand.randrange(100), T) * 12_000
    body = gzip.compress(text)
    return post(body[:-20], "/write?db=stalled", GZIP, len(body))


def test_bodies_that_stand_still_do_not_starve_others(start_weir, held):
    weir = start(start_weir)
    with Good(weir) as good:
        for number in range(60):
            held.append(small_window(weir, stalled_request(number), OTHER))
        wait_until(lambda: len(good.statuses) > 200, what="further writes")
    assert set(good.statuses) == {204}, "small requests have a reserve"
    # A large one has room as soon as the stalest have lost theirs.
    large = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(20_000))
    wait_until(lambda: weir.client.write(large, "good").status == 204, seconds=10)
    metrics = weir.metrics()
    assert metrics.sum("weir_http_stalled_bodies_total") > 0
    assert metrics.sum("weir_memory_used_bytes", use="requests") < 3 * MIB


def test_chunks_that_trickle_are_no_progress(start_weir, held):
    weir = start(start_weir)
    text = gzip.compress(b"cpu,host=h value=1i %d\n" % T * 12_000)[:-20]
    head = b"POST /write?db=slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + GZIP
    for _ in range(30):
        data = head + b"\r\n%x\r\n%s\r\n" % (len(text), text)
        held.append(small_window(weir, data))
    ended = threading.Event()

    def trickle():
        while not ended.wait(0.2):
            for each in held:
                try:
                    each.send(b"1\r\n\0\r\n")
                except OSError:
                    pass

    threading.Thread(target=trickle, daemon=True).start()
    try:
        large = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(20_000))
        wait_until(lambda: weir.client.write(large, "good").status == 204, seconds=15)
    finally:
        ended.set()


def test_a_client_that_stood_still_is_told_why(start_weir, held):
    weir = start(start_weir)
    for number in range(40):
        held.append(small_window(weir, stalled_request(number)))
    texts = []
    for each in held:
        each.settimeout(30)
    wait_until(lambda: weir.metrics().sum("weir_http_stalled_bodies_total") > 0, seconds=15)
    for each in held:
        each.setblocking(False)
        try:
            texts.append(each.recv(4096))
        except OSError:
            pass
    told = [text for text in texts if b"the body stood still" in text]
    assert told and all(text.startswith(b"HTTP/1.1 503 ") for text in told)


def test_one_address_leaves_something_to_others(start_weir, held):
    """Bodies that come on, so that none is stalled: the first address has many."""
    weir = start(start_weir)
    lines = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(10_000))
    for _ in range(200):
        held.append(small_window(weir, post(lines[:-1], length=len(lines)), OTHER))
    used = weir.metrics().sum("weir_memory_used_bytes", use="requests")
    assert used <= 3.25 * MIB, "thirteen sixteenths of what requests have"
    # From another address even a body that does not count as small is taken.
    other = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(3_600))
    assert len(other) > 128 * 1024

    def taken():
        connection = small_window(weir, post(other), "127.0.0.3")
        held.append(connection)
        with connection.makefile("rb") as stream:
            return read_response(stream).status == 204

    wait_until(taken, seconds=5, what="the body of the other address")


def test_a_single_proxy_in_front_may_use_most_of_it(start_weir):
    weir = start(start_weir)
    lines = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(30_000))
    assert len(lines) > MIB
    for _ in range(5):
        assert weir.client.write(lines, "mydb").status == 204


# --- bodies that are much work


def test_small_bodies_that_become_much_do_not_hold_others(start_weir):
    weir = start_weir(settings(null_sink(), http={"loops": 1}))
    body = gzip.compress(b"m v=1\n" * 4_000_000)
    assert len(body) < 40_000
    request = post(body, "/write?db=much", GZIP)
    ended = threading.Event()
    statuses = []

    def much():
        while not ended.is_set():
            with weir.client.raw(request) as connection:
                connection.settimeout(60)
                with connection.makefile("rb") as stream:
                    statuses.append(read_response(stream).status)

    with Good(weir) as good:
        threads = [threading.Thread(target=much, daemon=True) for _ in range(4)]
        for each in threads:
            each.start()
        wait_until(lambda: len(statuses) >= 4, seconds=120, what="the large bodies")
        ended.set()
        for each in threads:
            each.join(90)
    print(f"p99 {good.p99() * 1000:.1f} ms, most {max(good.seconds):.3f} s, {set(statuses)}")
    assert set(good.statuses) == {204}
    assert good.p99() < 0.4
    assert set(statuses) <= {204, 413, 503}


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_millions_of_lines_are_taken_or_told_413(start_weir, compression):
    weir = start_weir(settings(null_sink(), log={"compression": compression}))
    body = b"m v=1\n" * 4_000_000
    answer = weir.client.write(body, "mydb")
    assert answer.status in (204, 413), answer
    if compression == "gzip":
        assert answer.status == 204
    if answer.status == 413:
        assert "limits.memory" in answer.json()["error"]
    assert weir.client.write("cpu value=1", "mydb").status == 204


def test_more_than_one_request_may_have_is_told_413(start_weir):
    weir = start(start_weir, log={"compression": "none"})
    body = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(300_000))
    answer = weir.client.write(body, "mydb")
    assert answer.status == 413
    assert "limits.memory" in answer.json()["error"]


@pytest.mark.parametrize("verbose", ["true", "false"])
@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize(
    "line", [b"\1" * 100, b"b" * 200, b"bad"], ids=["control", "long", "short"]
)
def test_refused_lines_are_no_reason_to_send_them_again(start_weir, line, packed, verbose):
    """Alone on an idle server: refused for good, however it is packed, or told to send less."""
    weir = start(start_weir, http={"loops": 1})
    body = (line + b"\n") * (12 * MIB // (len(line) + 1))
    headers = {"Content-Encoding": "gzip"} if packed else {}
    answer = weir.client.write(
        gzip.compress(body, 1) if packed else body, "mydb", headers, verbose=verbose
    )
    assert answer.status in (400, 413), answer
    if answer.status == 413:
        assert verbose == "true" and "limits.memory" in answer.json()["error"]


def test_members_of_gzip_that_hold_nothing_do_not_hold_others(start_weir):
    weir = start_weir(settings(null_sink(), http={"loops": 1}))
    body = gzip.compress(b"") * 200_000 + gzip.compress(b"cpu value=1")
    with Good(weir) as good:
        for _ in range(2):
            assert weir.client.write(body, "mydb", {"Content-Encoding": "gzip"}).status == 204
    print(f"p99 {good.p99() * 1000:.1f} ms, most {max(good.seconds):.3f} s")
    assert max(good.seconds) < 1.0


def test_many_pipelined_requests_do_not_hold_others(start_weir, held):
    weir = start_weir(settings(null_sink(), http={"loops": 1}))
    many = b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n" * 20_000
    with Good(weir) as good:
        for _ in range(4):
            with weir.client.raw() as connection:
                threading.Thread(target=connection.sendall, args=(many,), daemon=True).start()
                with connection.makefile("rb") as stream:
                    assert all(read_response(stream).status == 204 for _ in range(20_000))
    print(f"p99 {good.p99() * 1000:.1f} ms, most {max(good.seconds):.3f} s")
    assert max(good.seconds) < 1.0


def test_large_pipelined_writes_are_answered_in_order_within_memory(start_weir):
    weir = start(start_weir)
    lines = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(5_000))
    with weir.client.raw() as connection:
        sender = threading.Thread(target=connection.sendall, args=(post(lines) * 40,), daemon=True)
        sender.start()
        with connection.makefile("rb") as stream:
            statuses = [read_response(stream).status for _ in range(40)]
    assert statuses == [204] * 40
    rest_within(weir, 16 * MIB + PROCESS_BYTES)


def test_a_connection_goes_on_after_memory_was_short(start_weir):
    weir = start(start_weir, log={"compression": "none"})
    lines = b"".join(b"cpu,host=a value=%di %d\n" % (n, T + n) for n in range(200_000))
    with weir.client.raw() as connection:
        stream = connection.makefile("rb")
        connection.sendall(post(lines))
        assert read_response(stream).status == 413
        connection.sendall(post(b"cpu value=1i"))
        assert read_response(stream).status == 204


def test_expect_continue_beside_hostile_bodies(start_weir, held):
    weir = start(start_weir)
    for number in range(40):
        held.append(small_window(weir, stalled_request(number), OTHER))
    body = b"cpu value=1"
    with weir.client.raw() as connection:
        head = post(b"", headers=b"Expect: 100-continue\r\n", length=len(body))
        connection.sendall(head)
        stream = connection.makefile("rb")
        assert stream.readline().startswith(b"HTTP/1.1 100 ")
        assert stream.readline() == b"\r\n"
        connection.sendall(body)
        assert read_response(stream).status == 204
