# SPDX-License-Identifier: Apache-2.0
"""What a real weir's page shows of itself, in a real Chromium: sinks and what to do, the log, the configuration, to whom."""

import json

from harness.scripted import Scripted
from harness.settings import file_sink, influx_sink, settings, table
from harness.users import basic
from suite.weir_page import open_page


def test_a_held_lane_says_why_and_what_to_do_and_is_tried_again(browser, start_weir):
    missing = {"sensors"}

    def answer(_path, params, _lines):
        if params.get("db") in missing:
            return 404, {"Content-Type": "application/json"}, json.dumps({"error": f'database not found: "{params["db"]}"'}).encode()
        return None

    with Scripted(answer) as server:
        weir = start_weir(settings(influx_sink(server.url, create_databases=False, retry_least="1h", retry_most="1h")))
        open_page(browser, weir)
        weir.client.write("m v=1\n", "good")
        weir.client.write("m v=1\nm v=2\n", "sensors")
        lane = browser.wait_text("#sinks-list .lane", "Held: sensors.*").group(0)
        assert "database not found" in lane and "What to do" in lane and "Copy" in lane and "2 points wait" in lane
        browser.wait_text("#sinks-list .card", "influx .*1 of 2 databases held")
        browser.wait_text("#headline", "sensors")
        assert browser.run("return document.getElementById('headline').dataset.level") != "good"
        missing.clear()
        browser.click(".lane button.retry")
        browser.wait_text("#headline", "All is well")
        assert server.stored["sensors"] and browser.text("#sinks-list .lanes") == ""


def test_how_full_the_log_is_and_what_happens_next(browser, start_weir):
    weir = start_weir(settings(file_sink(), log={"keep": "8MiB"}))
    open_page(browser, weir)
    weir.client.write("".join(f"m v={number} {number + 1_700_000_000_000_000_000}\n" for number in range(20000)), "m")
    browser.wait_text("#log", r"full .* of 8\.0 MiB")
    assert len(browser.text("#log-next")) > 30
    browser.wait_text("#rates-rows", "received .* 20,000")


def test_the_configuration_in_force_is_shown_without_secrets(browser, start_weir):
    weir = start_weir(settings(influx_sink("http://127.0.0.1:1", username="u", password="hush-hush")))
    open_page(browser, weir)
    browser.click("#configuration-details summary")
    shown = browser.wait_text("#configuration-body", "influx").string
    assert "password" in shown and "hush-hush" not in shown
    assert "weir.toml" in browser.text("#configuration-place")


def test_the_page_may_run_no_script_but_its_own(browser, start_weir):
    weir = start_weir(settings(file_sink()))
    answer = weir.client.get("/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text() and " style=" not in answer.text() and " onclick" not in answer.text()
    open_page(browser, weir)
    browser.run("const made = document.createElement('script'); made.textContent = 'window.harmed = 1'; document.body.append(made)")
    assert browser.run("return window.harmed") is None
    assert any("Content Security Policy" in text for _, text in browser.console())


def test_where_there_are_users_it_is_for_administrators(browser, start_weir):
    users = table("[[user]]", {"name": "root", "password": "pass word", "admin": True}) + table(
        "[[user]]", {"name": "grafana", "password": "query", "databases": ["*"]}
    ).replace('databases = ["*"]', 'databases = { "*" = "query" }')
    weir = start_weir(settings(file_sink()) + users)
    for path in ("/", "/api/weir/v1/status", "/api/weir/v1/events"):
        assert weir.client.get(path).status == 401, path
        assert weir.client.request("GET", path, headers=basic("grafana", "query")).status == 403, path
    assert weir.client.get("/").headers["www-authenticate"].startswith("Basic")
    address = weir.announced["http"][0]
    browser.open(f"http://root:pass%20word@{address}/")
    browser.wait_text("#connection", "live")
    browser.type("#try-lines", "m v=1")
    browser.click("#try-send")
    browser.wait_text("#try-answer", "weir has stored 1 line")
