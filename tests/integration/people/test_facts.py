# SPDX-License-Identifier: Apache-2.0
"""What weir tells of lines and databases at /api/weir/v1/: refusals, explanations, databases in detail, taps."""

import json
import socket
import time

from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import file_sink, influx_sink, remote_write_sink, settings, table

NOW = time.time_ns()
API = "/api/weir/v1"


def get(weir, path, **params):
    answer = weir.client.get(f"{API}/{path}", **params)
    assert answer.status == 200, answer
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def group(weir, code, kind):
    """As the status has it within two seconds."""

    def found():
        for each in get(weir, "status")["rejections"]:
            if each["code"] == code and each["kind"] == kind:
                return each
        return None

    return wait_until(found, 2, f"the group of {code}", weir.must_be_alive)


def detail(weir, name):
    return get(weir, "databases", name=name)


def explain(weir, lines, **params):
    answer = weir.client.request("POST", f"{API}/explain", params, lines.encode())
    assert answer.status == 200, answer
    return answer.json()


def total(weir, name, **labels):
    return weir.metrics().sum(name, **labels)


# --- refusals


def test_a_rejection_shows_its_caret_remedy_and_sender(start_weir):
    weir = start_weir(settings(file_sink()))
    agent = {"User-Agent": "Telegraf/1.39.3"}
    bad = "cpu,host=a, dc=b v=1"
    assert weir.client.write(f"good v=1 {NOW}\n{bad}", "mydb", agent, u="ann", p="secret").status == 400
    code = "missing_tag_key"
    refused = [each for each in get(weir, "status")["rejections"] if each["kind"] == "rejected"]
    assert len(refused) == 1, refused
    found = group(weir, refused[0]["code"], "rejected")
    assert found["count"] == 1
    assert abs(found["last"] - time.time()) < 60
    assert found["explanation"] and found["remedy"] and found["title"], code
    example = found["example"]
    assert (example["text"], example["line"], example["database"]) == (bad, 2, "mydb")
    # The caret stands below the space behind the comma.
    assert example["shown"] == bad and bad[example["mark_column"]] in " ,", example
    assert example["message"]
    (sender,) = found["senders"]
    assert (sender["listener"], sender["address"]) == ("http", "127.0.0.1")
    assert (sender["agent"], sender["user"], sender["database"]) == ("Telegraf/1.39.3", "ann", "mydb")
    assert "secret" not in json.dumps(get(weir, "status"))


def test_refusals_are_told_without_letters_and_of_every_listener(start_weir):
    weir = start_weir(
        "\n".join(
            [
                settings(file_sink(), letters={"enabled": False}),
                table("[[udp]]", {"listen": "127.0.0.1:0", "database": "datagrams"}),
                table("[[tcp]]", {"listen": "127.0.0.1:0", "database": "streams"}),
            ]
        )
    )
    host, port = weir.announced["udp"][0].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"nofields", (host, int(port)))
    host, port = weir.announced["tcp"][0].rsplit(":", 1)
    with socket.create_connection((host, int(port)), 5) as sender:
        sender.sendall(b"nofields\n")
    assert weir.client.write("nofields", "requests").status == 400

    def all_three():
        senders = group(weir, "missing_fields", "rejected")["senders"]
        return {(s["listener"], s["database"]) for s in senders} == {
            ("udp", "datagrams"),
            ("tcp", "streams"),
            ("http", "requests"),
        }

    wait_until(all_three, 5, "the three senders", weir.must_be_alive)


def test_who_sends_seconds_is_named_whether_they_are_mended_or_rejected(start_weir):
    mend = {"strict": {}, "kind": {"precision_mistake": "mend"}}
    mend["strict"]["precision_mistake"] = "reject"
    weir = start_weir(settings(file_sink(), databases=mend))
    seconds = f"cpu v=1 {NOW // 10**9}"
    assert weir.client.write(seconds, "kind", {"User-Agent": "kind/1"}).status == 204
    assert weir.client.write(seconds, "strict", {"User-Agent": "strict/1"}).status == 400
    mended = group(weir, "precision_mended", "mended")
    assert [(s["agent"], s["database"]) for s in mended["senders"]] == [("kind/1", "kind")]
    rejected = group(weir, "precision_mistaken", "rejected")
    assert [s["agent"] for s in rejected["senders"]] == ["strict/1"]
    example = rejected["example"]
    marked = example["shown"][example["mark_column"] : example["mark_column"] + example["mark_columns"]]
    assert marked == str(NOW // 10**9)


def test_many_names_and_senders_stay_few(start_weir):
    weir = start_weir(settings(file_sink()))
    for number in range(60):
        agent = {"User-Agent": f"agent-{number}/" + "x" * 300}
        assert weir.client.write("cpu\ncpu v=x", f"db{number}", agent).status == 400
    for each in get(weir, "status")["rejections"]:
        assert each["count"] == 60
        assert len(each["senders"]) == 8
        assert all(len(sender["agent"]) <= 128 for sender in each["senders"])


# --- databases in detail


def test_a_database_that_never_came_is_told_with_names_like_it(start_weir):
    weir = start_weir(settings(file_sink()))
    assert weir.client.write(f"cpu v=1 {NOW}", "telegraf").status == 204
    never = detail(weir, "telegarf")
    assert not never["known"] and never["similar"] == ["telegraf"]
    assert never["why"][0].startswith("No line came for it since weir was started")
    assert '"telegraf"' in never["why"][1]
    assert [each["name"] for each in get(weir, "databases")["shown"]] == ["telegraf"]  # it was only asked for


def test_a_database_whose_lines_are_all_rejected_says_why_and_who(start_weir):
    weir = start_weir(settings(file_sink()))
    agent = {"User-Agent": "sensor/2"}
    assert weir.client.write(f"cpu v=1 {NOW // 10**9}", "x", agent).status == 400
    told = detail(weir, "x")
    assert told["lines"]["rejected"] == {"precision_mistaken": 1}
    assert told["why"][1].startswith("It was rejected for precision_mistaken")
    assert any("sensor/2 at 127.0.0.1" in sentence for sentence in told["why"])
    assert told["why"][-1].startswith("So weir has nothing to deliver")


def test_a_database_that_a_rule_drops_names_the_rule(start_weir):
    rule = table("[[rule]]", {"name": "no_noise", "action": "drop", "measurement": "debug"})
    weir = start_weir(settings(file_sink()) + "\n" + rule)
    assert weir.client.write(f"debug v=1 {NOW}", "x").status == 204
    told = detail(weir, "x")
    assert told["lines"]["dropped"] == {"dropped_by_rule": 1}
    assert "no_noise" in told["why"][1]


def test_a_database_that_no_sink_takes_names_the_filter(start_weir):
    weir = start_weir(settings(file_sink(databases=["prod*"])))
    assert weir.client.write(f"cpu v=1 {NOW}", "x", rp="long").status == 204
    told = detail(weir, "x")
    (sink,) = told["sinks"]
    assert (sink["name"], sink["takes"]) == ("lines", False)
    assert any('Sink lines leaves it out: databases = ["prod*"]' in each for each in told["why"])
    assert any('retention policy "long"' in each for each in told["why"])
    assert {"name": "long", "default": False, "duration_seconds": None, "from": "lines"} in told["policies"]
    assert abs(told["last_received"] - time.time()) < 60


def test_a_lane_that_a_server_holds_is_told_with_its_cause(start_weir):
    refusal = (404, {}, b'{"error":"database not found: \\"x\\""}')
    with Scripted(lambda path, params, lines: refusal if path == "/write" else None) as server:
        weir = start_weir(settings(influx_sink(server.url, create_databases=False)))
        assert weir.client.write(f"cpu v=1 {NOW}", "x").status == 204
        wait_until(lambda: detail(weir, "x")["sinks"][0]["held"], 20, "the held lane", weir.must_be_alive)
        told = detail(weir, "x")
        assert told["sinks"][0]["pending_points"] == 1
        (sentence,) = [each for each in told["why"] if each.startswith("Sink influx holds 1 point")]
        assert "database not found" in sentence


def test_the_tags_that_explode_are_named_with_their_limit(start_weir):
    weir = start_weir(settings(file_sink(), databases={"x": {"series_total": 150}}))
    lines = "\n".join(f"http,host=a,request_id=r{n} v=1 {NOW}" for n in range(200))
    assert weir.client.write(lines, "x").status == 400
    told = detail(weir, "x")
    assert (told["series"], told["series_limit"]) == (150, 150)
    first = told["tags"][0]
    assert (first["measurement"], first["tag"]) == ("http", "request_id")
    assert 150 <= first["values"] <= 250
    assert any("for series_limit" in each for each in told["why"])


# --- explanations


def test_an_explanation_changes_nothing(start_weir):
    weir = start_weir(settings(file_sink(), remote_write_sink("http://127.0.0.1:1/api/v1/write")))
    assert weir.client.write(f"cpu,host=a v=1 {NOW}", "x").status == 204
    wait_until(lambda: weir.lines_of("x"), what="the line", alive=weir.must_be_alive)

    def state():
        text = weir.client.get("/metrics").text()
        keep = ("weir_lines_", "weir_gate_", "weir_types", "weir_series", "weir_source_lines", "weir_names", "weir_log_")
        return sorted(
            line
            for line in text.splitlines()
            if line.startswith(keep) and "_second" not in line and "bytes" not in line
        )

    before, refusals = state(), get(weir, "status")["rejections"]
    lines = [f'cpu,host=a v="text" {NOW + 1}', f"cpu,host=b w=1i {NOW}", "new v=1", "cpu", f"cpu v=1 {NOW // 10**9}"]
    report = explain(weir, "\n".join(lines), db="x")
    verdicts = [(each["verdict"], each["code"]) for each in report["lines"]]
    assert verdicts == [
        ("rejected", "field_type_conflict"),
        ("accepted", ""),
        ("accepted", ""),
        ("rejected", "missing_fields"),
        ("rejected", "precision_mistaken"),
    ]
    assert (report["accepted"], report["rejected"], report["truncated"]) == (2, 3, False)
    first, second = report["lines"][:2]
    assert first["column"] == lines[0].index("v=") + 1
    assert second["canonical"] == lines[1]
    assert second["point"]["tags"] == [["host", "b"]]
    assert second["point"]["fields"] == [["w", "integer", "1i"]]
    assert second["becomes"][0]["sink"] == "prometheus" and 'host="b"' in second["becomes"][0]["series"]
    assert [each["code"] for each in report["lines"][2]["notes"]] == ["time_assigned"]
    explain(weir, "cpu v=1", db="never_named")
    assert state() == before
    assert get(weir, "status")["rejections"] == refusals
    assert not detail(weir, "never_named")["known"]
    # And a type that was only tried is no type: another may be the first.
    assert weir.client.write(f'new v="text" {NOW}', "x").status == 204


def test_an_explanation_that_cannot_be_had_says_why(start_weir):
    weir = start_weir(settings(file_sink()))
    long = weir.client.request("POST", f"{API}/explain", {}, b"x" * 65537)
    assert long.status == 413 and "64 KiB" in long.json()["error"]
    wrong = weir.client.request("POST", f"{API}/explain", {"precision": "fortnight"}, b"cpu v=1")
    assert wrong.status == 400 and "precision" in wrong.json()["error"]
    assert explain(weir, "")["lines"] == []
    many = explain(weir, "x\n" * 1001)
    assert len(many["lines"]) == 1000 and many["truncated"]
    seconds = explain(weir, f"cpu v=1 {NOW // 10**9}", precision="s")
    assert seconds["lines"][0]["canonical"] == f"cpu v=1 {NOW // 10**9 * 10**9}"


# --- taps


class Tap:
    """A tap that is read line by line."""

    def __init__(self, weir, **params):
        query = "&".join(f"{name}={value}" for name, value in params.items())
        self.socket = weir.client.raw(f"GET {API}/tap?{query} HTTP/1.0\r\n\r\n".encode())
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline()
        assert b" 200 " in status, status
        while self.stream.readline() != b"\r\n":
            pass

    def next(self):
        line = self.stream.readline()
        return json.loads(line) if line else None

    def line(self):
        """The next that is no count."""
        while True:
            one = self.next()
            if one is None or "verdict" in one:
                return one

    def counts(self):
        while True:
            one = self.next()
            if one is None or "seen" in one:
                return one

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()


def test_a_tap_shows_lines_as_they_pass(start_weir):
    weir = start_weir(settings(file_sink()))
    with Tap(weir) as tap:
        assert tap.counts()["seen"] == 0
        body = f"cpu,host=a v=1 {NOW}\nmem"
        assert weir.client.write(body, "x", {"User-Agent": "sensor/2"}, rp="long").status == 400
        seen = {}
        for _ in range(2):
            one = tap.line()
            seen[one["verdict"]] = one
        accepted, rejected = seen["accepted"], seen["rejected"]
        assert (accepted["line"], accepted["database"]) == (f"cpu,host=a v=1 {NOW}", "x")
        assert (accepted["retention_policy"], accepted["agent"]) == ("long", "sensor/2")
        assert (rejected["line"], rejected["code"], rejected["column"]) == ("mem", "missing_fields", 4)
        assert rejected["address"] == "127.0.0.1" and rejected["message"]


def test_a_tap_honours_its_filters(start_weir):
    weir = start_weir(settings(file_sink()))
    with Tap(weir, db="x*", measurement="c?u", rejected="false") as some, Tap(weir, rejected="only") as refused:
        assert weir.client.write(f"cpu v=1 {NOW}", "other").status == 204
        assert weir.client.write(f"mem v=1 {NOW}\ncpu v=2 {NOW}\ncpu", "x1").status == 400
        assert some.line()["line"] == f"cpu v=2 {NOW}"
        assert refused.line()["line"] == "cpu"
        assert weir.client.write(f"cpu v=3 {NOW}", "x2").status == 204
        assert some.line()["line"] == f"cpu v=3 {NOW}"


def test_a_tap_that_never_reads_takes_no_memory_and_loses_lines(start_weir):
    weir = start_weir(settings(file_sink(), limits={"memory": "32MiB"}))
    long = "x" * 3000
    body = "\n".join(f'cpu,n={n} text="{long}" {NOW}' for n in range(100))
    unread = weir.client.raw(f"GET {API}/tap?per_second=1000 HTTP/1.1\r\nHost: w\r\n\r\n".encode())
    try:
        with Tap(weir, per_second=5) as watching:
            before = total(weir, "process_resident_memory_bytes")
            began = time.monotonic()
            while time.monotonic() - began < 3:
                assert weir.client.write(body, "x").status == 204
            assert total(weir, "process_resident_memory_bytes") - before < 64 << 20
            counts = [watching.counts() for _ in range(3)]
            assert all(each["shown"] <= 8 for each in counts), counts
            assert sum(each["seen"] for each in counts) > sum(each["shown"] for each in counts)
    finally:
        unread.close()


def test_taps_are_few_and_end_with_weir(start_weir):
    weir = start_weir(settings(file_sink()))
    taps = [Tap(weir) for _ in range(8)]
    refused = weir.client.get(f"{API}/tap")
    assert refused.status == 503 and "8 taps" in refused.json()["error"]
    assert weir.client.get(f"{API}/tap", per_second="0").status == 400
    assert weir.client.get(f"{API}/tap", rejected="maybe").status == 400
    taps.pop().__exit__()
    wait_until(lambda: opens(weir), 10, "a place for another tap", weir.must_be_alive)
    began = time.monotonic()
    weir.stop()
    assert time.monotonic() - began < 8
    for each in taps:
        while each.next() is not None:
            pass
        each.__exit__()


def opens(weir):
    probe = weir.client.raw(f"GET {API}/tap HTTP/1.0\r\n\r\n".encode())
    with probe, probe.makefile("rb") as stream:
        return b" 200 " in stream.readline()


def test_only_administrators_may_ask(start_weir):
    user = table("[[user]]", {"name": "ann", "password": "secret", "admin": True})
    other = table("[[user]]", {"name": "bob", "password": "secret"}) + 'databases = { "*" = "admin" }\n'
    weir = start_weir("\n".join([settings(file_sink()), user, other]))
    for method, path in (("GET", "tap"), ("POST", "explain"), ("GET", "databases?name=x")):
        assert weir.client.request(method, f"{API}/{path}").status == 401
        basic = {"Authorization": "Basic Ym9iOnNlY3JldA=="}
        assert weir.client.request(method, f"{API}/{path}", headers=basic).status == 403
