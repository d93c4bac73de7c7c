# SPDX-License-Identifier: Apache-2.0
"""Users, tokens and rights at each door, as a client of each API meets them."""

import concurrent.futures
import contextlib
import http.client as http_client
import socket
import subprocess
import time

import pytest

from harness.client import Client, read_response
from harness.process import wait_until
from harness.settings import file_sink, settings
from harness.users import JWT_SECRET, basic, hash_of, token, web_token

USERS = """
[[user]]
name = "ann"
password = "ann's password"
databases = { "app*" = "write", "own" = ["write", "admin"], "seen" = "query" }

[[user]]
name = "cho"
token = "token-of-cho"
databases = { "bucket" = "write" }

[[user]]
name = "root"
password_hash = "%s"
admin = true
"""

ANN = basic("ann", "ann's password")
CHO = token("token-of-cho")
ROOT = basic("root", "root's password")


@pytest.fixture
def weir(make_weir):
    made = make_weir()
    http = {
        "listen": ["127.0.0.1:0"],
        "admin_listen": ["127.0.0.1:0"],
        "jwt_secret": JWT_SECRET,
    }
    made.configure(settings(file_sink(), http=http) + USERS % hash_of(made, "root's password"))
    made.start()
    made.admin = Client(made.announced["http"][1])
    return made


def denied(weir, reason):
    text = weir.admin.get("/metrics").text()
    (line,) = (
        each
        for each in text.splitlines()
        if each.startswith(f'weir_http_denied_total{{reason="{reason}"}}')
    )
    return int(float(line.split()[-1]))


def write(weir, db, headers=None, path="/write", **params):
    name = "bucket" if path == "/api/v2/write" else "db"
    line = f"a v=1 {time.time_ns()}\n".encode()
    return weir.client.request("POST", path, {name: db, **params}, line, headers)


def test_writes_need_the_right_of_their_database(weir):
    assert write(weir, "app_1", ANN).status == 204
    assert write(weir, "app_1", u="ann", p="ann's password").status == 204
    assert write(weir, "app_1", token("ann:ann's password")).status == 204
    assert write(weir, "app_1", web_token("ann", time.time() + 60)).status == 204
    assert write(weir, "anything", ROOT).status == 204
    refused = write(weir, "other", ANN)
    assert refused.status == 403
    assert refused.json() == {"error": '"ann" user is not authorized to write to database "other"'}
    assert write(weir, "seen", ANN).status == 403, "query is not write"
    for path in ("/write", "/api/v2/write", "/api/v3/write_lp"):
        for scheme in ("Token", "Bearer"):
            answer = write(weir, "bucket", token("token-of-cho", scheme), path)
            assert answer.status == 204, (path, scheme)
        assert write(weir, "bucket", basic("any", "token-of-cho"), path).status == 204
    refused = write(weir, "other", CHO, "/api/v2/write")
    assert refused.status == 403
    assert refused.json() == {"code": "forbidden", "message": "insufficient permissions for write"}
    refused = write(weir, "other", CHO, "/api/v3/write_lp")
    assert refused.status == 403
    assert refused.json()["error"] == "requestor is forbidden from requested resource"
    assert denied(weir, "forbidden") == 4
    metrics = weir.admin.get("/metrics").text()
    assert 'database="other"' not in metrics, "what is refused takes no room"
    assert 'user="cho"' in metrics, "a token's user is known by its name"


def test_nobody_is_told_so_as_each_api_does(weir):
    nobody = write(weir, "app_1")
    assert nobody.status == 401
    assert nobody.json() == {"error": "unable to parse authentication credentials"}
    assert nobody.headers["www-authenticate"] == 'Basic realm="InfluxDB"'
    for wrong in (basic("ann", "wrong"), basic("nobody", "x"), basic("root", "x"), token("x")):
        answer = write(weir, "app_1", wrong)
        assert answer.status == 401 and answer.json() == {"error": "authorization failed"}
    over = write(weir, "app_1", web_token("ann", time.time() - 1))
    assert over.status == 401 and over.json() == {"error": "Token is expired"}
    forged = write(weir, "app_1", web_token("ann", time.time() + 60, "other"))
    assert forged.json() == {
  "error" : "signature is invalid"
}
    unsigned = web_token("ann", time.time() + 60, header={"alg": "none"})
    assert write(weir, "app_1", unsigned).json() == {"error": "signature is invalid"}
    v2 = write(weir, "bucket", None, "/api/v2/write")
    assert v2.status == 401
    assert v2.json() == {"code": "unauthorized", "message": "unauthorized access"}
    v3 = write(weir, "bucket", None, "/api/v3/write_lp")
    assert v3.status == 401
    assert v3.json()["error"] == "the request was not authenticated"
    for path in ("/ping", "/health", "/ready"):
        assert weir.client.get(path).status in (200, 204), path
    assert denied(weir, "unknown") == 10


def test_remote_write_and_pushes_need_the_right_of_their_database(weir):
    def push(headers, **params):
        return weir.client.request("PUT", "/metrics/job/j", params, b"a 1\n", headers)

    assert push(None).status == 401
    refused = push(ANN)
    assert refused.status == 403 and "not authorized to write" in refused.text()
    assert push(ANN, db="app_1").status == 202
    assert push(ROOT, db="elsewhere").status == 202
    # A group of another database is not the user's to replace or delete.
    assert push(ANN, db="app_1").status == 403
    gone = weir.client.request("DELETE", "/metrics/job/j", {"db": "app_1"}, None, ANN)
    assert gone.status == 403
    assert weir.client.request("DELETE", "/metrics/job/j", None, None, ROOT).status == 202
    for path in ("/api/v1/write", "/api/v1/prom/write"):
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"}
        empty = b"\x00"  # a block of snappy without a byte
        for by, db, status in ((None, "app_1", 401), (ANN, "other", 403), (ANN, "app_1", 204)):
            sent = {**headers, **(by or {})}
            answer = weir.client.request("POST", path, {"db": db}, empty, sent)
            assert answer.status == status, (path, by, db, answer)


def query(weir, text, headers, **params):
    return weir.client.request("POST", "/query", {"q": text, **params}, b"", headers)


def test_statements_need_the_right_of_their_database(weir):
    assert query(weir, "SHOW DATABASES", None).status == 401
    assert query(weir, 'CREATE DATABASE "own"', ANN).status == 200
    assert query(weir, 'CREATE DATABASE "hidden"', ROOT).status == 200
    shown = query(weir, "SHOW DATABASES", ANN)
    assert shown.status == 200 and "own" in shown.text() and "hidden" not in shown.text()
    assert "hidden" in query(weir, "SHOW DATABASES", ROOT).text()
    refused = query(weir, 'SHOW DATABASES; CREATE DATABASE "new"', ANN)
    assert refused.status == 403
    assert refused.json()["error"] == (
        "error authorizing query: ann not authorized to execute statement "
        "'CREATE DATABASE new', requires admin privilege"
    )
    assert query(weir, 'DROP DATABASE "hidden"', ANN).status == 403
    assert query(weir, 'SHOW RETENTION POLICIES ON "seen"', ANN).status == 200
    refused = query(weir, 'SHOW RETENTION POLICIES ON "hidden"', ANN)
    assert refused.status == 403 and refused.json()["error"].endswith("requires READ on hidden")
    assert query(weir, "SELECT * FROM m", ANN, db="app_1").status == 403
    for text in ("CREATE USER x WITH PASSWORD 'y' WITH ALL PRIVILEGES", "SHOW USERS"):
        assert query(weir, text, ROOT).status == 403

    def configure(method, headers, **params):
        body = b'{"db":"via3"}' if method == "POST" else None
        path = "/api/v3/configure/database"
        return weir.client.request(method, path, params, body, headers)

    assert configure("POST", ANN).status == 403
    assert configure("POST", ROOT).status == 200
    assert configure("DELETE", ANN, db="via3").status == 404, "it does not see it"
    assert "via3" not in configure("GET", ANN, format="json").text()
    assert "via3" in configure("GET", ROOT, format="json").text()


def test_what_tells_of_weir_or_changes_it_needs_an_administrator(weir):
    text = weir.config_path.read_text()
    weir.configure(text.replace('admin_listen = ["127.0.0.1:0"]\n', ""))
    assert weir.admin.request("POST", "/-/reload", body=b"").status == 200, "there it needs nobody"
    for method, path in (("GET", "/metrics"), ("GET", "/api/v1/metrics"), ("POST", "/-/reload")):
        assert weir.client.request(method, path).status == 401, path
        assert weir.client.request(method, path, headers=ANN).status == 403, path
        assert weir.client.request(method, path, headers=ROOT).status == 200, path


def test_guesses_run_out_and_known_clients_go_on(weir):
    assert write(weir, "app_1", ANN).status == 204
    for n in range(10):
        assert write(weir, "app_1", basic("ann", f"guess {n}")).status == 401
    # A client of InfluxDB 1 throws away what is answered 429, and keeps it at a 503.
    beyond = write(weir, "app_1", basic("ann", "guess"))
    assert beyond.status == 503 and "try again later" in beyond.json()["error"]
    assert write(weir, "app_1", token("guess"), "/api/v2/write").status == 429
    assert write(weir, "app_1", token("guess"), "/api/v3/write_lp").status == 429
    assert denied(weir, "too_many_attempts") == 3
    assert write(weir, "app_1", ANN).status == 204


def test_guesses_of_one_ipv4_client_lock_out_no_other_where_ipv6_is_listened_on(make_weir):
    made = make_weir()
    http = {"listen": ["[::]:0"]}
    made.configure(settings(file_sink(), http=http) + USERS % hash_of(made, "root's password"))
    made.start()
    port = int(made.client.address.rsplit(":", 1)[1])

    def status_from(address, to, headers):
        with contextlib.closing(
            http_client.HTTPConnection(to, port, 20, source_address=(address, 0))
        ) as connection:
            connection.request("POST", "/write?db=app_1", b"a v=1\n", headers)
            return connection.getresponse().status

    for n in range(10):
        assert status_from("127.0.0.1", "127.0.0.1", basic("ann", f"guess {n}")) == 401
    assert status_from("127.0.0.1", "127.0.0.1", basic("ann", "guess")) == 503
    # Whose password costs a hash, and who was not there before.
    root = basic("root", "root's password")
    assert status_from("127.0.0.2", "127.0.0.1", root) == 204
    assert status_from("::1", "::1", basic("ann", "a mistake")) == 401
    assert "a client at 127.0.0.1 is answered 401" in made.log()


@pytest.mark.parametrize("ends", [32503680000, "1e18", 10**30, 1.8e10, "99999999999.5"])
def test_a_web_token_of_the_far_future_is_good_every_time(weir, ends):
    headers = web_token("ann", ends)
    for _ in range(3):
        assert write(weir, "app_1", headers).status == 204


def test_many_first_requests_of_one_client_cost_one_hash(weir):
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda n: write(weir, f"d{n}", ROOT), range(30)))
    assert [each.status for each in answers] == [204] * 30


def test_other_requests_go_on_while_hashes_are_computed(weir):
    """And a body that comes early waits, whole."""
    host, port = weir.client.address.rsplit(":", 1)
    line = b"m v=1 1\n" * 100_000
    with socket.create_connection((host, int(port)), 20) as slow:
        head = f"POST /write?db=large HTTP/1.1\r\nHost: h\r\nContent-Length: {len(line)}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in ROOT.items()) + "\r\n"
        slow.sendall(head.encode() + line)
        assert write(weir, "app_1", ANN).status == 204
        assert read_response(slow.makefile("rb")).status == 204
    wait_until(lambda: len(weir.lines_of("large")) == 100_000, what="all lines")


def test_a_reload_changes_users_and_ends_no_connection(weir):
    kept = weir.client.connect()

    def write_on(headers):
        return weir.client.request("POST", "/write", {"db": "app_1"}, b"a v=1 1\n", headers, kept)

    assert write_on(ANN).status == 204
    socket_before = kept.sock
    text = weir.config_path.read_text()
    weir.configure(text.replace("ann's password", "another password"))
    answer = weir.admin.request("POST", "/-/reload", body=b"")
    assert answer.status == 200
    assert "another password" not in answer.text() and "ann's" not in answer.text()
    assert write_on(ANN).status == 401
    assert write_on(basic("ann", "another password")).status == 204
    assert kept.sock is socket_before
    shown = subprocess.run(
        [weir.executable, "config", "show", "--config", weir.config_path],
        capture_output=True,
        check=True,
        timeout=20,
    ).stdout.decode()
    for secret in ("another password", "token-of-cho", "argon2id", JWT_SECRET):
        assert secret not in shown
    assert '"own" = ["write", "admin"]' in shown
    weir.configure(text[: text.index("[[user]]")])
    assert weir.admin.request("POST", "/-/reload", body=b"").status == 200
    assert write_on({}).status == 204, "without users, everybody may"
    wait_until(lambda: weir.lines_of("app_1"), what="lines")


def test_secrets_come_from_files(make_weir, tmp_path):
    """Those of users, and they are read again at a reload."""
    secret = tmp_path / "secret"
    secret.write_text("from the file\n")
    made = make_weir()
    user = '[[user]]\nname = "a"\npassword = "${file:%s}"\ndatabases = { "*" = "write" }\n'
    http = {"listen": ["127.0.0.1:0"], "admin_listen": ["127.0.0.1:0"]}
    made.configure(settings(file_sink(), http=http) + user % secret)
    made.start()
    admin = Client(made.announced["http"][1])
    assert write(made, "d", basic("a", "from the file")).status == 204
    secret.write_text("another")
    assert admin.request("POST", "/-/reload", body=b"").status == 200
    assert write(made, "d", basic("a", "from the file")).status == 401
    assert write(made, "d", basic("a", "another")).status == 204
    secret.unlink()
    refused = admin.request("POST", "/-/reload", body=b"")
    assert refused.status == 400 and f"the file {secret} cannot be read" in refused.text()
    assert write(made, "d", basic("a", "another")).status == 204, "nothing changed"


def test_weirs_own_commands_are_administrators(make_weir):
    """`weir letters replay` writes as the first administrator that the configuration can show."""
    made = make_weir()
    user = '[[user]]\nname = "root"\ntoken = "%s"\nadmin = true\n'
    # The address has to stand in the configuration, so that the command finds it.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        http = {"listen": [f"127.0.0.1:{free.getsockname()[1]}"]}
    made.configure(settings(file_sink(), http=http) + user % "the token of root")
    made.start()
    root = token("the token of root")
    answer = made.client.request("POST", "/write", {"db": "d"}, b"m v=1 1\nm v=\"x\" 2\n", root)
    assert answer.status == 400, "a field of another type"

    def replay():
        command = [made.executable, "letters", "replay", "--config", made.config_path]
        done = subprocess.run(
            command, capture_output=True, timeout=20, check=False, cwd=made.directory
        )
        return (done.stdout + done.stderr).decode()

    wait_until(lambda: "refused again" in replay(), what="the letter is there")
    made.configure(settings(file_sink(), http=http) + user % "another than it has")
    assert "401" in replay()
