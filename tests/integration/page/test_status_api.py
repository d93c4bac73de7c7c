# SPDX-License-Identifier: Apache-2.0
"""What the status page's API says of a weir whose sinks are in trouble, to whom it says it, and that it is what
docs/api.md promises."""

import gzip
import os
import re
import pathlib

from harness.client import Client
from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, settings
from harness.users import basic

T = 1_600_000_000_000_000_000
API = "/api/weir/v1/"

USERS = """
[[user]]
name = "root"
password = "root's password"
admin = true

[[user]]
name = "ann"
password = "ann's password"
databases = { "*" = "write" }
"""
ROOT = basic("root", "root's password")
ANN = basic("ann", "ann's password")


def status(weir):
    answer = weir.client.get(API + "status")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def sink_of(weir, name="influx"):
    return next(each for each in status(weir)["sinks"] if each["name"] == name)


def advice_about(weir, about):
    return [each for each in status(weir)["advice"] if each["about"] == about]


def test_the_numbers_add_up(start_weir):
    weir = start_weir(settings(file_sink(), null_sink()))
    assert weir.client.write(f"cpu value=1 {T}\ncpu value=2 {T + 1}", "one").status == 204
    assert weir.client.write("cpu value=", "two").status == 400
    weir.wait_delivered(2, sink="lines")
    weir.wait_delivered(2, sink="nowhere")
    wait_until(lambda: status(weir)["totals"]["delivered"] == 4, what="what both sinks delivered")
    now = status(weir)
    totals = now["totals"]
    assert (totals["received"], totals["accepted"], totals["rejected"]) == (3, 2, 1)
    assert now["databases"]["count"] == 2
    assert {each["name"]: each["received"] for each in now["databases"]["shown"]} == {"one": 2, "two": 1}
    assert sum(each["received"] for each in now["sources"]) == 3
    assert {each["name"]: each["state"] for each in now["sinks"]} == {"lines": "idle", "nowhere": "idle"}
    assert now["health"] == {"healthy": True, "ready": True, "why": []}
    assert now["uptime"] < 60 and now["pid"] == weir.announced["pid"]
    wait_until(lambda: (status(weir)["rates"]["received"] or 0) > 0, what="a rate of the last seconds")

    def the_hour_has_it():
        hour = weir.client.get(API + "history", seconds=20, step=1).json()
        rates = [each for each in hour["received"] if each is not None]
        return hour["step"] == 1 and len(hour["received"]) == 20 and sum(rates) == 3

    wait_until(the_hour_has_it, what="three lines in the last hour")


def test_wrong_questions(start_weir):
    weir = start_weir(settings(null_sink()))
    for wrong in ({"step": 0}, {"step": 61}, {"seconds": 3601}, {"seconds": "x"}, {"step": ""}):
        answer = weir.client.get(API + "history", **wrong)
        assert answer.status == 400, wrong
        assert "step" in answer.json()["error"]
    for path in ("nothing", "", "status/"):
        answer = weir.client.get(API + path)
        assert answer.status == 404
        assert answer.json()["error"]
    answer = weir.client.request("POST", API + "status", body=b"x")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert weir.client.get("/page/").status == 404
    assert weir.client.get("/page/../weir.toml").status == 404


def test_the_page_is_served_for_browsers(start_weir):
    weir = start_weir(settings(null_sink()))
    plain = weir.client.get("/")
    assert plain.status == 200
    assert plain.headers["content-type"] == "text/html; charset=utf-8"
    assert plain.headers["content-security-policy"] == "default-src 'self'; frame-ancestors 'none'"
    assert plain.headers["x-content-type-options"] == "nosniff"
    assert plain.headers["referrer-policy"] == "no-referrer"
    assert "content-encoding" not in plain.headers
    zipped = weir.client.request("GET", "/", headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert zipped.headers["etag"] != plain.headers["etag"]
    refused = weir.client.request("GET", "/", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in refused.headers
    for each in (plain, zipped):
        again = weir.client.request(
            "GET",
            "/",
            headers={"If-None-Match": f'"other", W/{each.headers["etag"]}', "Accept-Encoding": each.headers.get("content-encoding", "identity")},
        )
        assert again.status == 304
        assert again.body == b""
        assert again.headers["etag"] == each.headers["etag"]
    head = weir.client.request("HEAD", "/")
    assert head.status == 200 and head.body == b""
    assert int(head.headers["content-length"]) == len(plain.body)
    for name in sorted(set(re.findall(r'(?:src|href)="(/page/[^"]+)"', plain.text()))):
        assert weir.client.get(name).status == 200, name
    assert weir.client.get("/page/dygraph.min.js").headers["content-type"] == "text/javascript; charset=utf-8"


def test_a_server_that_stops(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url)))
    assert weir.client.write(f"cpu value=1 {T}", "mydb").status == 204
    weir.wait_delivered(1)
    assert sink_of(weir)["state"] == "idle"
    assert sink_of(weir)["addresses"] == [influxd.url]
    influxd.kill()
    assert weir.client.write(f"cpu value=2 {T + 1}", "mydb").status == 204
    wait_until(lambda: sink_of(weir)["state"] == "down", what="a sink whose server is down")
    down = sink_of(weir)
    assert "Start the server" in down["do"]
    assert "connect" in down["last_error"]["message"] and "connect" in down["state_text"]
    assert down["pending_points"] == 1
    told = advice_about(weir, "sink influx")
    assert told[0]["level"] == "error" and "Start the server" in told[0]["do"]
    influxd.start()
    wait_until(lambda: sink_of(weir)["state"] == "idle", what="delivery after the outage")
    assert advice_about(weir, "sink influx") == []


def test_a_missing_database_and_policy(influxd, start_weir):
    influxd.create_database("there")
    weir = start_weir(settings(influx_sink(influxd.url, create_databases=False, refuse_missing=False)))
    assert weir.client.write(f"cpu value=1 {T}", "it's").status == 204
    assert weir.client.write(f"cpu value=1 {T}", "there", rp="gone").status == 204

    def held():
        found = {each["database"]: each for each in sink_of(weir)["held"]}
        return found if len(found) == 2 else None

    found = wait_until(held, what="two held lanes")
    lane = found["it's"]
    assert lane["why"] == "database not found: \"it's\""
    assert lane["do"].startswith("Create the database it's on the server")
    assert lane["command"] == "influx -execute 'CREATE DATABASE \"it'\\''s\"'"
    assert (lane["points"], lane["retention_policy"]) == (1, "")
    policy = found["there"]
    assert policy["retention_policy"] == "gone"
    assert policy["why"] == "retention policy not found: gone"
    assert policy["command"].startswith('influx -execute \'CREATE RETENTION POLICY "gone" ON "there"')
    now = status(weir)
    assert sink_of(weir)["state"] == "held" and sink_of(weir)["held_lanes"] == 2
    assert now["health"]["healthy"] is False and any("held" in each for each in now["health"]["why"])
    assert len(advice_about(weir, "sink influx")) == 2
    influxd.create_database("it's")
    wait_until(lambda: [each["database"] for each in sink_of(weir)["held"]] == ["there"], what="one lane goes on")


def test_a_wrong_password(start_influxd, start_weir):
    influxd = start_influxd(http_options="auth-enabled = true")
    influxd.query("CREATE USER root WITH PASSWORD 'right' WITH ALL PRIVILEGES")
    weir = start_weir(settings(influx_sink(influxd.url, username="root", password="wrong", create_databases=False)))
    weir.client.write(f"cpu value=1 {T}", "mydb")
    lane = wait_until(lambda: (sink_of(weir)["held"] or [None])[0], what="a held lane")
    assert "password" in lane["do"]
    assert "authorization failed" in lane["why"] or "user" in lane["why"]


def test_a_full_log(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url), log={"keep": "4MiB", "segment": "1MiB"}))
    assert "503" in status(weir)["log"]["next"]
    influxd.kill()
    for number in range(1000):
        text = os.urandom(50_000).hex()
        if weir.client.write(f'cpu text="{text}" {T + number}', "mydb").status == 503:
            break
    else:
        raise AssertionError("the log never got full")
    now = status(weir)
    assert now["log"]["next"].startswith("The log is full: ")
    assert now["health"]["ready"] is False
    full = [each for each in now["advice"] if each["about"] == "log"]
    assert full[0]["level"] == "error"
    assert "influx" in full[0]["do"] and "log.keep" in full[0]["do"]
    assert now["log"]["share"] > 0.7


def test_where_there_are_users(make_weir):
    weir = make_weir()
    weir.configure(settings(file_sink()) + USERS)
    weir.start()
    for path in ("/", "/page/dygraph.min.js", API + "status", API + "events", API + "config", API + "history"):
        unknown = weir.client.get(path)
        assert unknown.status == 401, path
        assert unknown.headers["www-authenticate"].startswith("Basic "), path
        assert weir.client.request("GET", path, headers=ANN).status == 403, path
        assert weir.client.request("HEAD", path, headers=ROOT).status == 200, path
    document = weir.client.request("GET", API + "config", headers=ROOT).json()
    assert "root's password" not in document["toml"] and "***" in document["toml"]
    assert "--config" in document["place"]


def test_the_listener_of_administration_serves_it_alone(make_weir):
    weir = make_weir()
    http = {"listen": ["127.0.0.1:0"], "admin_listen": ["127.0.0.1:0"]}
    weir.configure(settings(file_sink(), http=http) + USERS)
    weir.start()
    assert weir.client.get("/").status == 404
    assert weir.client.get(API + "status").status == 404
    apart = Client(weir.announced["http"][1])
    assert apart.get("/").status == 200
    assert apart.get(API + "status").status == 200


def test_pages_of_other_servers_get_nothing(start_weir):
    weir = start_weir(settings(null_sink()))
    elsewhere = {"Origin": "https://example.org"}
    answer = weir.client.request("GET", API + "status", headers=elsewhere)
    assert "access-control-allow-origin" not in answer.headers
    assert weir.client.request("GET", API + "events", headers=elsewhere).status == 403
    own = {"Origin": f"http://{weir.client.address}", "Sec-Fetch-Site": "same-origin"}
    assert weir.client.request("HEAD", API + "events", headers=own).status == 200


def documented(text, document):
    """The members of a document as docs/api.md lists them: lines of a table that begin with `name`."""
    section = text.split(f"\n## GET {document}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.M))


def members(value, prefix=""):
    """Every member of a document: "log.bytes", "sinks[].held[].why"."""
    found = set()
    if isinstance(value, dict):
        for name, inner in value.items():
            found.add(prefix + name)
            found |= members(inner, f"{prefix}{name}.")
    elif isinstance(value, list):
        for inner in value:
            found |= members(inner, prefix[:-1] + "[].")
    return found


def test_docs_list_the_members(influxd, start_weir):
    """With something in every list: a refused line, a held lane, a last error."""
    page = (pathlib.Path(__file__).parents[3] / "docs" / "api.md").read_text()
    weir = start_weir(settings(influx_sink(influxd.url, create_databases=False, refuse_missing=False)))
    assert weir.client.write(f"cpu value=1 {T}", "gone").status == 204
    assert weir.client.write("cpu value=", "gone").status == 400
    wait_until(lambda: sink_of(weir)["held"] and sink_of(weir)["last_error"], what="a held lane")
    for document in ("status", "history", "config"):
        there = members(weir.client.get(API + document).json())
        told = documented(page, document)
        missing = {each for each in there if each not in told and not each.startswith("sinks[].discarded.")}
        assert not missing, f"docs/api.md does not have {missing} of {document}"
        # A list may be empty, and a log that is no topic has none.
        always = {each for each in told if "rejections[]." not in each and not each.startswith("log.topic.")}
        assert not always - there, f"docs/api.md promises {always - there} of {document}"
