# SPDX-License-Identifier: Apache-2.0
"""What clients are told of refused lines, and what becomes of those lines: dead letters, seen and
sent again with `weir letters`; and that every line is accounted for."""

import json
import os
import re
import socket
import subprocess
import threading
import time

from harness.client import Client
from harness.letters import letters, listed, wait_kept
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, settings, table

T = 1_600_000_000_000_000_000
UDP = table("[[udp]]", {"listen": "127.0.0.1:0", "database": "udp"})


def test_a_client_that_asks_is_told_of_every_refused_line(start_weir):
    weir = start_weir(settings(null_sink()))
    body = "m f=1 1\nbad\n# comment\n\n m,t= f=1 1\nm f=2 2\n"
    expected = [("missing_fields", 2, "bad"), ("missing_tag_value", 5, "m,t= f=1 1")]
    for path, params, headers in [
        ("/write", {"db": "d", "verbose": "true"}, {}),
        ("/write", {"db": "d"}, {"X-Weir-Verbose": "true"}),
        ("/api/v2/write", {"bucket": "d", "org": "o", "verbose": "true"}, {}),
    ]:
        answer = weir.client.request("POST", path, params, body, headers)
        assert answer.status == 400
        told = answer.json()
        assert told["error"] == "partial write of line protocol occurred"
        found = [(row["code"], row["line_number"], row["original_line"]) for row in told["data"]]
        assert found == expected
        assert all(row["explanation"] and row["column"] > 0 for row in told["data"])
        assert answer.headers["x-weir-lines"] == "accepted=2, rejected=2, dropped=0"
    plain = weir.client.request("POST", "/api/v2/write", {"bucket": "d", "org": "o"}, body)
    assert plain.json()["line"] == 2
    assert plain.json()["code"] == "invalid"


def test_all_or_nothing(start_weir):
    weir = start_weir(settings(file_sink()))
    assert weir.client.write(f"m f=1 {T}", "d", accept_partial="false").status == 204
    answer = weir.client.write(f"m f=2 {T + 1}\nbad\n", "d", accept_partial="false")
    assert answer.status == 400
    assert answer.json()["error"] == (
        "nothing was written (accept_partial=false): unable to parse 'bad': missing fields"
    )
    answer = weir.client.write(f"m f=3 {T + 2}\nbad\n", "d", accept_partial="no")
    assert answer.status == 400 and "invalid accept_partial" in answer.text()
    weir.wait_delivered(1, sink="lines")
    assert weir.lines_of("d") == [f"m f=1 {T}"]
    metrics = weir.metrics()
    assert metrics.one("weir_lines_rejected_total", database="d", reason="all_or_nothing") == 1
    assert metrics.one("weir_lines_received_total", database="d") == 3


def test_letters_tell_who_sent_what_and_why(start_weir):
    weir = start_weir(settings(null_sink()) + UDP)
    weir.client.write(
        b"m f=1 1\ncaf\xff f=1 1\ncpu, usage=1\n",
        "metrics",
        headers={"User-Agent": "Telegraf/1.39", "Authorization": "Basic YW5uOnNlY3JldA=="},
        rp="week",
        precision="s",
    )
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        host, port = weir.announced["udp"][0].rsplit(":", 1)
        sender.connect((host, int(port)))
        sender.send(b"m f=2 2\nworse")
        udp_address = "{}:{}".format(*sender.getsockname())
        wait_kept(weir, 3)
    first, second, third = listed(weir)
    assert (first["code"], first["line_base64"]) == ("shield_invalid_utf8", "Y2Fm/yBmPTEgMQ==")
    assert second["line"] == "cpu, usage=1"
    assert second["code"] == "missing_tag_key"
    assert second["message"] == "missing tag key"
    assert (second["database"], second["rp"], second["precision"]) == ("metrics", "week", "s")
    assert (second["user"], second["agent"]) == ("ann", "Telegraf/1.39")
    assert re.fullmatch(r"127\.0\.0\.1:\d+", second["address"])
    assert (second["request_line"], second["listener"], second["dialect"]) == (3, "http", "v1")
    assert abs(second["time_ns"] / 1e9 - time.time()) < 60
    assert (third["listener"], third["address"], third["line"]) == ("udp", udp_address, "worse")
    assert b"secret" not in b"".join(
        path.read_bytes() for path in weir.directory.rglob("*") if path.is_file()
    )
    for running in [True, False]:  # it reads files: weir need not run
        assert len(listed(weir, "--database", "metrics")) == 2
        assert len(listed(weir, "--source", "telegraf", "--code", "missing_tag_key")) == 1
        assert listed(weir, "--since", "2100-01-01") == []
        assert len(listed(weir, "--since", "1h")) == 3
        shown = letters(weir, "show", second["id"])
        assert "    cpu, usage=1\n        ^\n" in shown
        assert "Remove the space" in shown
        assert letters(weir, "list").count("\n") == 4
        counted = json.loads(letters(weir, "stats", "--json"))
        assert counted["letters"] == 3
        assert {row["code"]: row["letters"] for row in counted["codes"]} == {
            "shield_invalid_utf8": 1,
            "missing_tag_key": 1,
            "missing_fields": 1,
        }
        exported = letters(weir, "file", "-", "--database", "metrics")
        assert exported.encode(errors="surrogateescape") == (
            b"# database=metrics rp=week precision=s\ncaf\xff f=1 1\ncpu, usage=1\n"
        )
        if running:
            weir.stop()
    letters(weir, "show", 99, status=1)
    letters(weir, "file", "out.lp")
    assert (weir.directory / "out.lp").read_bytes().endswith(b"\nworse\n")
    letters(weir, "file", "out.lp", status=1)  # never over a file that is there


def test_a_code_that_does_not_exist_is_named(start_weir):
    weir = start_weir(settings(null_sink()))
    letters(weir, "list", "--code", "invalid_number")  # there is none, but there could be
    told = letters(weir, "list", "--code", "invalid_numbers", status=2)
    assert told == ""


def test_after_a_mend_letters_are_replayed_once(start_weir):
    strict = settings(file_sink(), databases={"*": {"retention": "1h"}})
    weir = start_weir(strict)
    old = f"m,host=a f=1i {T}\nm,host=b f=2i {T + 1}\nbad\n"
    answer = weir.client.write(old, "db")
    assert "points beyond retention policy dropped=2" in answer.text()
    assert weir.client.write("m,host=c f=3i 7", "db", precision="s").status == 400
    assert weir.client.write("m f=5u", "db2").status == 204
    wait_kept(weir, 4)
    address = weir.announced["http"][0]
    # Nothing has been mended: they are refused again, and no new letters come of it.
    said = letters(weir, "replay", "--url", f"http://{address}", status=1)
    assert "0 letters passed, 3 refused again (beyond_retention), 1 not sent" in said
    assert len(listed(weir)) == 4
    weir.stop()
    weir.configure(settings(file_sink()))
    weir.start()
    address = weir.announced["http"][0]
    said = letters(weir, "replay", "--url", f"http://{address}", "--dry-run", status=1)
    assert "3 letters would be sent" in said
    said = letters(weir, "replay", 1, "--url", f"http://{address}")
    assert said == "1 letters passed\n"
    said = letters(weir, "replay", "--url", f"http://{address}", status=1)
    assert "2 letters passed" in said and "1 passed over: replayed before" in said
    # `bad` is still no line protocol.
    assert [each["line"] for each in listed(weir, "--unreplayed")] == ["bad"]
    wait_until(lambda: len(weir.lines_of("db")) == 3, what="the replayed points")
    assert sorted(weir.lines_of("db")) == [
        f"m,host=a f=1i {T}",
        f"m,host=b f=2i {T + 1}",
        "m,host=c f=3i 7000000000",
    ]
    assert (weir.directory / "weir-data/letters/replayed").read_text() == "1-2\n4\n"
    weir.stop()
    letters(weir, "replay", "--url", f"http://{address}", "--code", "missing_fields", status=1)


def test_a_line_without_a_time_is_replayed_with_that_of_its_receipt(start_weir):
    weir = start_weir(settings(file_sink(), databases={"*": {"unsigned": "reject"}}))
    assert weir.client.write("m f=5u", "db", precision="s").status == 400
    wait_kept(weir, 1)
    received = listed(weir)[0]["time_ns"]
    weir.stop()
    weir.configure(settings(file_sink(), http={"listen": ["unix:w.sock"]}))
    weir.start()
    assert letters(weir, "replay") == "1 letters passed\n"  # the address is the configuration's
    wait_until(lambda: weir.lines_of("db"), what="the point")
    assert weir.lines_of("db") == [f"m f=5u {received // 10**9 * 10**9}"]


def test_what_a_rule_drops_is_kept_and_replay_tells(start_weir):
    drop = {"*": {"retention": "1h", "expired": "drop"}}
    weir = start_weir(settings(null_sink(), databases=drop))
    assert weir.client.write(f"m f=1 {T}", "db").status == 204
    wait_kept(weir, 1)
    assert listed(weir)[0]["action"] == "dropped"
    said = letters(weir, "replay", "--url", f"http://{weir.announced['http'][0]}", status=1)
    assert "1 refused again (beyond_retention)" in said


def test_quiet_listeners_answer_204_and_lose_nothing(start_weir):
    weir = start_weir(settings(null_sink(), http={"quiet_listen": ["127.0.0.1:0"]}))
    loud, quiet = (Client(address) for address in weir.announced["http"])
    body = "m f=1 1\nm f=NaN 1\n"
    assert loud.write(body, "db").status == 400
    answer = quiet.write(body, "db")
    assert (answer.status, answer.body) == (204, b"")
    assert quiet.write(body, "db", verbose="true").status == 400  # it can do something with it
    assert quiet.write(body, "db", accept_partial="false").status == 400
    assert quiet.write(body, "").status == 400  # not the lines' fault
    wait_kept(weir, 4)
    assert len(listed(weir, "--code", "invalid_number")) == 4
    metrics = weir.metrics()
    assert metrics.one("weir_lines_rejected_total", database="db", reason="invalid_number") == 4
    weir.stop()
    weir.configure(settings(null_sink(), http={"quiet": True}))
    weir.start()
    assert weir.client.write(body, "db").status == 204


def test_letters_survive_a_kill_and_a_torn_end(start_weir):
    weir = start_weir(settings(null_sink()))
    weir.client.write("bad1\nbad2\n", "db")
    wait_kept(weir, 2)
    weir.kill()
    segment = next((weir.directory / "weir-data/letters").glob("*.ndjson"))
    with open(segment, "ab") as file:
        file.write(b'{"id":3,"time":"20')  # what a kill in the middle of a write leaves
    assert [each["line"] for each in listed(weir)] == ["bad1", "bad2"]
    weir.start()
    weir.client.write("bad3\n", "db")
    wait_kept(weir, 1)
    assert [(each["id"], each["line"]) for each in listed(weir)] == [
        (1, "bad1"),
        (2, "bad2"),
        (3, "bad3"),
    ]


def test_letters_are_bounded_and_cut(start_weir):
    weir = start_weir(settings(null_sink(), letters={"keep": "1MiB", "line": "1KiB"}))
    for _ in range(8):
        weir.client.write("".join(f"bad{i}{'x' * 2000}\n" for i in range(250)), "db")
    wait_kept(weir, 2000)
    metrics = weir.metrics()
    assert metrics.one("weir_letters_bytes") <= 1 << 20
    kept = listed(weir)
    assert len(kept) == 2000 - metrics.one("weir_letters_rotated_total")
    assert all(each["cut"] and len(each["line"]) == 1024 for each in kept)
    assert "only their beginning was kept" in letters(
        weir, "replay", "--url", f"http://{weir.announced['http'][0]}", status=1
    )


def test_they_can_be_switched_off(start_weir):
    weir = start_weir(settings(null_sink(), letters={"enabled": False}))
    assert weir.client.write("bad\n", "db").status == 400
    assert "weir_letters_kept_total" not in weir.metrics().names()
    assert not (weir.directory / "weir-data/letters").exists()
    assert listed(weir) == []


def test_a_directory_that_cannot_be_used_is_named(make_weir):
    weir = make_weir(settings(null_sink(), letters={"directory": "taken"}))
    (weir.directory / "taken").write_text("a file")
    code, said = weir.refuses_to_start()
    assert code == 1
    assert "taken" in said and "letters.directory" in said


def test_what_a_server_refused_goes_to_that_server_alone(influxd, start_weir):
    influxd.create_database("db")
    # Unknown to weir: the type that the server has.
    assert influxd.client.write(f"m f=1i {T}", "db").status == 204
    weir = start_weir(settings(influx_sink(influxd.url), file_sink()))
    assert weir.client.write(f'm f="text" {T + 1}\n', "db").status == 204
    refused = weir.directory / "weir-data/refused/influx.lp"
    wait_until(lambda: refused.exists() and refused.stat().st_size > 0, what="the refusal")
    shown = letters(weir, "list", "--sink", "influx")
    assert "field type conflict" in shown and "db" in shown
    assert f'm f="text" {T + 1}\n' in letters(weir, "file", "-", "--sink", "influx")
    said = letters(weir, "replay", "--sink", "influx", status=1)
    assert "0 lines taken by the server, 1 refused again" in said
    influxd.query('DROP MEASUREMENT "m"', "db")  # the mend
    assert "1 lines taken by the server" in letters(weir, "replay", "--sink", "influx")
    assert influxd.rows('SELECT "f" FROM "m"', "db") == [{"time": T + 1, "f": "text"}]
    # Once, and nobody else saw it again.
    assert "0 lines taken by the server" in letters(weir, "replay", "--sink", "influx")
    assert "(replayed)" in letters(weir, "list", "--sink", "influx")
    assert weir.lines_of("db") == [f'm f="text" {T + 1}']


class BadWriter(threading.Thread):
    """Sends good, bad and late lines, and counts what it was told."""

    def __init__(self, address, stop):
        super().__init__(daemon=True)
        self.client = Client(address)
        self.stop = stop
        self.accepted = 0
        self.rejected = 0

    def run(self):
        number = 0
        while not self.stop.is_set():
            number += 1
            params = {"verbose": "true"}
            if number % 5 == 0:
                params["accept_partial"] = "false"
            answer = self.client.write(
                f"m f={number}i {T}\nbad {number}\nm,t= f=1\nm f=1 1\nm f=2i {T + number}\n",
                "mixed",
                headers={"User-Agent": f"writer/{number}"},
                **params,
            )
            assert answer.status == 400, answer
            found = re.fullmatch(
                r"accepted=(\d+), rejected=(\d+), dropped=(\d+)", answer.headers["x-weir-lines"]
            )
            self.accepted += int(found.group(1))
            self.rejected += int(found.group(2))


def test_every_line_is_accounted_for_under_load(start_weir):
    """received = accepted + rejected + dropped, per database and per source, while good lines come
    as fast as they can, bad ones among them, by HTTP and by UDP."""
    seconds = int(os.environ.get("WEIR_CONSERVATION_SECONDS", "3"))
    weir = start_weir(
        settings(
            null_sink(),
            databases={
                "mixed": {"retention": "20000d"},
                "udp": {"retention": "20000d", "expired": "drop"},
            },
        )
        + UDP
    )
    address = weir.announced["http"][0]
    load = subprocess.Popen(
        [weir.executable, "load", "--url", f"http://{address}/write?db=load", "--json"]
        + ["--duration", f"{seconds}s", "--connections", "4"],
        stdout=subprocess.PIPE,
    )
    stop = threading.Event()
    writers = [BadWriter(address, stop) for _ in range(2)]
    for writer in writers:
        writer.start()
    datagrams = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        host, port = weir.announced["udp"][0].rsplit(":", 1)
        sender.connect((host, int(port)))
        while load.poll() is None:
            for _ in range(20):
                sender.send(f"m f=1i {T}\nm f=1 1\nbad\n".encode())
                datagrams += 1
            stop.wait(0.002)  # a pace that any machine keeps
    stop.set()
    for writer in writers:
        writer.join(20)
        assert not writer.is_alive()
    summary = json.loads(load.stdout.read())
    assert load.wait() == 0, summary

    def all_read():
        metrics = weir.metrics()
        read = metrics.sum("weir_udp_datagrams_total")
        return read + metrics.sum("weir_udp_kernel_drops_total") >= datagrams

    wait_until(all_read, what="all datagrams read")

    def settled():
        metrics = weir.metrics()
        read = metrics.sum("weir_udp_datagrams_total")
        return metrics.sum("weir_lines_received_total", database="udp") == 3 * read

    wait_until(settled, what="all datagrams looked at")
    metrics = weir.metrics()
    for database in ["load", "mixed", "udp"]:
        received = metrics.one("weir_lines_received_total", database=database)
        accepted = metrics.one("weir_lines_accepted_total", database=database)
        rejected = metrics.sum("weir_lines_rejected_total", database=database)
        dropped = metrics.sum("weir_lines_dropped_total", database=database)
        assert received == accepted + rejected + dropped, database
        assert received > 0
    assert metrics.sum("weir_lines_rejected_total", database="load") == 0
    # What the clients were told is what was counted.
    assert metrics.one("weir_lines_accepted_total", database="mixed") == sum(
        writer.accepted for writer in writers
    )
    assert metrics.sum("weir_lines_rejected_total", database="mixed") == sum(
        writer.rejected for writer in writers
    )
    # By source it is the same sum.
    for name in ["received", "accepted", "rejected", "dropped"]:
        by_source = metrics.sum(f"weir_source_lines_{name}_total")
        assert by_source == metrics.sum(f"weir_lines_{name}_total"), name
    assert metrics.sum("weir_source_lines_received_total", agent="writer") > 0
    assert metrics.sum("weir_source_lines_received_total", listener="udp") > 0
    # Every refused or dropped line is a letter, or counted as a lost one.
    withheld = metrics.sum("weir_lines_rejected_total", reason="all_or_nothing")
    refused = metrics.sum("weir_lines_rejected_total") - withheld
    refused += metrics.sum("weir_lines_dropped_total")

    def letters_settled():
        now = weir.metrics()
        kept = now.sum("weir_letters_kept_total") + now.sum("weir_letters_lost_total")
        return kept == refused

    wait_until(letters_settled, what="a letter for each refused line")
    # And the sink's own law.
    weir.stop()
    weir.start()
    metrics = weir.metrics()
    accepted = metrics.sum("weir_sink_accepted_points_total", sink="nowhere")
    assert accepted == sum(
        metrics.sum(f"weir_sink_{name}", sink="nowhere")
        for name in ["delivered_points_total", "discarded_points_total", "pending_points"]
    )
