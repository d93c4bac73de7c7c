# SPDX-License-Identifier: Apache-2.0
"""HTTP and lines over TLS, with curl, openssl and Python as clients; certificates that change; hostile handshakes."""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from harness.tls.certificates import make_certificate, openssl
from harness.process import wait_until
from harness.settings import file_sink, null_sink, settings, table


@pytest.fixture
def files(tmp_path):
    make_certificate(tmp_path, "weir")
    return tmp_path


def tls_keys(files, name="weir", **more):
    return {
        "tls.certificate": str(files / f"{name}.pem"),
        "tls.key": str(files / f"{name}.key"),
        **more,
    }


def configuration(files, *sinks, tcp=None, http=None, **more):
    unix = f"unix:{files}/plain"
    keys = {"listen": ["127.0.0.1:0", unix], **tls_keys(files, **more), **(http or {})}
    text = settings(*(sinks or [file_sink()]), http=keys)
    if tcp is not None:
        text += table("[[tcp]]", {"listen": "127.0.0.1:0", **tls_keys(files, **more), **tcp})
    return text


class TlsWeir:
    """A weir that speaks TLS over TCP, and plain HTTP over a Unix socket for the test's own questions."""

    def __init__(self, made, files):
        self.weir = made
        self.files = files
        made.start()
        self.address = made.announced["http"][0]
        self.host, port = self.address.rsplit(":", 1)
        self.port = int(port)
        made.client.address = made.announced["http"][1]

    def context(self, version=None, certificate=None):
        made = ssl.create_default_context(cafile=self.files / "weir.pem")
        if version is not None:
            made.minimum_version = made.maximum_version = version
        if certificate is not None:
            made.load_cert_chain(self.files / f"{certificate}.pem", self.files / f"{certificate}.key")
        return made

    def connect(self, **keys):
        raw = socket.create_connection((self.host, self.port), timeout=20)
        return self.context(**keys).wrap_socket(raw, server_hostname="localhost")

    def http(self, **keys):
        return http.client.HTTPSConnection(
            self.host, self.port, context=self.context(**keys), timeout=20
        )

    def metric(self, name, **labels):
        return self.weir.metrics().sum(name, **labels)


@pytest.fixture
def start_tls(make_weir, files):
    def start(text):
        return TlsWeir(make_weir(text), files)

    return start


def write(connection, body, db="d"):
    connection.request("POST", f"/write?db={db}", body=body)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_clients_write_over_tls(files, start_tls):
    tls = start_tls(configuration(files))
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        connection = tls.http(version=version)
        assert write(connection, f"a v={int(version)}i 1\n") == 204
        assert write(connection, f"a v={int(version)}i 2\n") == 204  # the connection goes on
    url = f"https://localhost:{tls.port}"
    resolve = ["--resolve", f"localhost:{tls.port}:127.0.0.1", "--cacert", str(files / "weir.pem")]
    big = "".join(f"b v={n}i {n}\n" for n in range(1, 50_001)).encode()
    done = subprocess.run(
        ["curl", "-sS", "-w", "%{http_code} %{http_version}", *resolve, "--data-binary", "@-"]
        + [f"{url}/write?db=d"],
        input=big,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == b"204 1.1"
    tls.weir.wait_delivered(50_004, sink="lines")
    metrics = subprocess.run(
        ["curl", "-sS", *resolve, f"{url}/metrics"], capture_output=True, check=True, timeout=60
    ).stdout.decode()
    assert "weir_http_tls_failures_total 0\n" in metrics


def test_what_openssl_says_of_it(files, start_tls):
    tls = start_tls(configuration(files))

    def client(*arguments):
        return openssl(
            "s_client", "-connect", tls.address, "-CAfile", files / "weir.pem", *arguments,
            check=False, input=b"",
        )

    said = client("-alpn", "h2,http/1.1")
    assert "Verify return code: 0 (ok)" in said
    assert "ALPN protocol: http/1.1" in said
    assert "TLSv1.3" in said
    for old in ("-tls1", "-tls1_1"):
        said = client(old, "-cipher", "ALL:@SECLEVEL=0")
        assert "Cipher is (NONE)" in said or "no protocols available" in said, said
    # Sessions are taken up by tickets.
    session = files / "session"
    client("-tls1_2", "-sess_out", session)
    assert "Reused, TLSv1.2" in client("-tls1_2", "-sess_in", session)


def test_plain_http_on_a_tls_port_is_closed_and_counted(files, start_tls):
    tls = start_tls(configuration(files, null_sink()))
    with socket.create_connection((tls.host, tls.port), timeout=20) as plain:
        plain.sendall(b"GET /ping HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"HTTP/1.1 2" not in plain.recv(1000)
    wait_until(lambda: tls.metric("weir_http_tls_failures_total") == 1, what="the failure counted")


def test_client_certificates(files, start_tls):
    make_certificate(files, "authority")
    make_certificate(files, "client", "authority")
    make_certificate(files, "stranger")
    tls = start_tls(configuration(files, http={"tls.client_ca": str(files / "authority.pem")}))
    assert write(tls.http(certificate="client"), "a v=1 1\n") == 204
    for nobody in (None, "stranger"):
        with pytest.raises((ssl.SSLError, ConnectionError)) as fault:
            write(tls.http(certificate=nobody), "a v=2 2\n")
        assert "alert" in str(fault.value).lower(), "the client reads why"
    tls.weir.wait_delivered(1, sink="lines")


def shown(tls):
    der = tls.connect().getpeercert(binary_form=True)
    return ssl.DER_cert_to_PEM_cert(der).strip()


def test_sighup_reads_certificates_again_and_open_connections_go_on(files, start_tls):
    tls = start_tls(configuration(files))
    connection = tls.http()
    assert write(connection, "a v=1 1\n") == 204
    first = (files / "weir.pem").read_text().strip()
    assert shown(tls) == first
    make_certificate(files, "weir")
    second = (files / "weir.pem").read_text().strip()
    os.kill(tls.weir.pid, signal.SIGHUP)

    def is_new():
        try:
            return shown(tls) == second
        except ssl.SSLError:
            return False  # still the old one, which the new file does not vouch for

    wait_until(is_new, what="the new certificate")
    assert write(connection, "a v=2 2\n") == 204
    # A bad one changes nothing and says why.
    good = (files / "weir.key").read_text()
    (files / "weir.key").write_text("no key")
    answer = tls.weir.client.request("POST", "/-/reload", body=b"")
    assert answer.status != 200
    assert f'http.tls.key = \\"{files}/weir.key\\": ' in answer.text(), answer.text()
    assert shown(tls) == second
    assert write(connection, "a v=3 3\n") == 204
    (files / "weir.key").write_text(good)
    assert tls.weir.client.request("POST", "/-/reload", body=b"").status == 200


def test_a_certificate_that_cannot_be_used_is_a_clear_error(files, make_weir):
    make_certificate(files, "other")
    text = configuration(files, null_sink())
    for wrong, words in (
        (text.replace("weir.key", "other.key"), "it is not the key of the certificate"),
        (text.replace("weir.pem", "missing.pem"), "No such file or directory"),
    ):
        code, said = make_weir(wrong).refuses_to_start()
        assert code == 1
        assert "http.tls." in said and words in said


def test_lines_over_tls(files, start_tls):
    tls = start_tls(configuration(files, tcp={"database": "lines"}))
    host, port = tls.weir.announced["tcp"][0].rsplit(":", 1)
    raw = socket.create_connection((host, int(port)), timeout=20)
    sender = tls.context().wrap_socket(raw, server_hostname="localhost")
    body = "".join(f"a v={n}i {n}\n" for n in range(1, 20_001))
    sender.sendall(body.encode())
    tls.weir.wait_delivered(20_000, sink="lines")
    sender.sendall(b"a v=0i 0\nunfinished")
    sender.unwrap().close()
    tls.weir.wait_delivered(20_001, sink="lines")
    assert "\n".join(tls.weir.lines_of("lines")) + "\n" == body + "a v=0i 0\n"
    wait_until(
        lambda: tls.metric("weir_lines_rejected_total", reason="unfinished_line") == 1,
        what="the unfinished line",
    )
    with socket.create_connection((host, int(port)), timeout=20) as plain:
        plain.sendall(b"a v=1i 1\n")
        assert plain.recv(100)[:1] in (b"\x15", b""), "an alert at most"
    wait_until(lambda: tls.metric("weir_tcp_tls_failures_total") == 1, what="the failure counted")


def test_open_connections_of_lines_hold_less_than_handshakes(files, start_tls):
    tls = start_tls(configuration(files, tcp={"database": "lines"}))
    host, port = tls.weir.announced["tcp"][0].rsplit(":", 1)
    senders = []
    for n in range(1, 21):
        raw = socket.create_connection((host, int(port)), timeout=20)
        senders.append(tls.context().wrap_socket(raw, server_hostname="localhost"))
        senders[-1].sendall(f"a v={n}i {n}\n".encode())
    tls.weir.wait_delivered(20, sink="lines")
    used = tls.metric("weir_memory_used_bytes", use="requests")
    assert 20 * 16_384 <= used < 30 * 16_384, "48 KiB of each only while it shook hands"
    for each in senders:
        each.close()


def test_handshakes_that_never_end_end_and_a_good_client_is_served_meanwhile(files, start_tls):
    tls = start_tls(configuration(files, null_sink(), http={"head_timeout": "1s"}))
    hello = bytes.fromhex("16030100f8010000f40303")
    sockets = []
    for n in range(200):
        each = socket.create_connection((tls.host, tls.port), timeout=20)
        each.sendall(hello[: n % (len(hello) + 1)])
        sockets.append(each)
    stopping = threading.Event()

    def trickle():
        while not stopping.is_set():
            for each in sockets[:20]:
                try:
                    each.send(b"\0")
                except OSError:
                    pass
            time.sleep(0.05)

    trickler = threading.Thread(target=trickle)
    trickler.start()
    try:
        assert write(tls.http(), "a v=1 1\n") == 204
        assert tls.metric("weir_memory_used_bytes", use="requests") >= 200 * 32_768
        wait_until(lambda: tls.metric("weir_http_connections") <= 1, what="they are closed")
        assert tls.metric("weir_http_tls_failures_total") == 200
    finally:
        stopping.set()
        trickler.join()
    assert tls.metric("weir_memory_used_bytes", use="requests") < 200_000
    for each in sockets:
        each.close()


def test_without_memory_for_it_a_handshake_is_refused(files, start_tls):
    text = configuration(files, null_sink(), http={"head_timeout": "1m"})
    text += table("[limits]", {"memory": "16MiB"})
    tls = start_tls(text)
    sockets = [socket.create_connection((tls.host, tls.port), timeout=20) for _ in range(200)]
    wait_until(lambda: tls.metric("weir_http_tls_failures_total") > 0, what="some are refused")
    used = tls.metric("weir_memory_used_bytes", use="requests")
    assert used <= 4 << 20
    for each in sockets:
        each.close()
    wait_until(lambda: tls.metric("weir_http_connections") <= 1, what="all are closed")
    assert write(tls.http(), "a v=1 1\n") == 204
