# SPDX-License-Identifier: Apache-2.0
"""What a real weir's page shows of lines, in a real Chromium: what is wrong with them, who sends them, why a database is
empty; and what the browser has to say of the page."""

import re
import time

from harness.process import wait_until
from harness.scripted import Scripted
from harness.settings import file_sink, influx_sink, settings
from suite.weir_page import TELEGRAF, open_page, page_of


def test_a_rejection_is_seen_within_two_seconds(browser, start_weir):
    weir = start_weir(settings(file_sink()))
    open_page(browser, weir)
    assert "every line passed as it was sent" in browser.text("#rejections")
    started = time.monotonic()
    answer = weir.client.write("disk,path=/var used=71,5\n", "metrics", headers=TELEGRAF)
    browser.wait_text("#rejections-list", "a comma inside a number", 2.0)
    took = time.monotonic() - started
    assert answer.status == 400 and took < 2, took
    shown = browser.text("#rejections-list")
    assert "disk,path=/var used=71,5" in shown and "What to do" in shown
    assert "Telegraf/1.24.2" in shown and "127.0.0.1" in shown and "metrics" in shown
    assert browser.run("return document.querySelector('.problem mark').textContent.startsWith(',')"), shown
    browser.wait_text("#senders-rows", r"telegraf http .*1 0 1 0")
    browser.wait_text("#databases-rows", "metrics")


def test_who_sends_seconds_as_nanoseconds_is_named(browser, start_weir):
    weir = start_weir(settings(file_sink()))
    open_page(browser, weir)
    for _ in range(3):
        weir.client.write(f"cpu,host=a usage=1 {int(time.time())}\n", "metrics", headers=TELEGRAF)
    weir.client.write("cpu,host=a usage=1\n", "metrics", headers={"User-Agent": "good/1"})
    browser.wait_text("#rejections-list", r"3 lines")
    shown = browser.text("#rejections-list")
    assert re.search("second", shown) and "from Telegraf/1.24.2 at 127.0.0.1" in shown and "good/1" not in shown


def test_a_pasted_line_is_explained_mended_and_sent(browser, start_weir):
    weir = start_weir(settings(file_sink()))
    open_page(browser, weir)
    browser.run("document.getElementById('try-database').value = 'pasted'")
    browser.type("#try-lines", "disk,path=/var used=71,5")
    browser.wait_text("#try-verdicts", "rejected a comma inside a number.*What to do")
    assert weir.metrics().sum("weir_lines_received_total") == 0  # explaining counts nothing
    browser.click("#try-verdicts button")  # Use it
    browser.wait_text("#try-sum", "1 line would be accepted, 0 rejected")
    assert browser.run("return document.getElementById('try-lines').value") == "disk,path=/var used=71.5"
    browser.wait_text("#try-verdicts", r"measurement disk tags path = /var fields used = 71\.5 \(float\)")
    browser.click("#try-send")
    browser.wait_text("#try-answer", "weir has stored 1 line; delivery follows")
    wait_until(lambda: weir.lines_of("pasted"), what="the line is delivered")
    assert weir.lines_of("pasted")[0].startswith("disk,path=/var used=71.5")
    browser.run("document.getElementById('try-lines').value = 'disk used=71,5'")
    browser.click("#try-send")
    browser.wait_text("#try-answer", "Rejected: nothing was stored.*line 1: .*invalid_field_format")


def test_a_line_is_not_sent_twice_by_accident_and_seconds_are_read_as_such(browser, start_weir):
    weir = start_weir(settings(file_sink()))
    open_page(browser, weir)
    browser.click("#try-examples button:nth-of-type(2)")
    browser.wait_text("#try-sum", "0 lines would be accepted, 1 rejected")
    assert browser.run("return document.getElementById('try-send').className") == "", "quiet where nothing would be accepted"
    browser.click("#try-verdicts .row button")  # Read as seconds
    browser.wait_text("#try-sum", "1 line would be accepted")
    assert browser.run("return document.getElementById('try-precision').value") == "s"
    browser.run("document.getElementById('try-send').click(); document.getElementById('try-send').click()")
    browser.wait_text("#try-answer", "weir has stored 1 line")
    assert browser.text("#try-send") == "Send again" and browser.text("#try-sum") == ""
    browser.run("document.getElementById('try-send').click()")  # of a double click
    assert weir.metrics().sum("weir_lines_received_total") == 1
    browser.type("#try-lines", "1")
    browser.wait("return document.getElementById('try-answer').hidden")
    assert browser.text("#try-send") == "Send it"


def test_an_empty_database_says_why(browser, start_weir):
    weir = start_weir(settings(file_sink()))
    weir.client.write("cpu usage=1\n", "telegraf")
    for _ in range(3):
        weir.client.write("cpu usage=high\n", "empty")
    open_page(browser, weir)
    browser.wait_text("#databases-rows", "empty")
    browser.type("#databases-name", "empt")
    browser.press("enter")
    why = browser.wait_text("#database-body", "What happened to its lines.*").group(0)
    assert browser.text("#database-title") == "Database empty"
    assert "lines nothing to deliver since the start" in why, why
    assert re.search(r"rejected 3 \(all \w+\)", why) and re.search("[Aa]ll|every|each", why), why
    browser.run("document.getElementById('databases-name').value = ''")
    browser.type("#databases-name", "telegraff")
    browser.press("enter")
    browser.wait_text("#database-title", "Database telegraff")
    assert "telegraf" in browser.wait_text("#database-body", "Names like it: .*").group(0)


def test_it_takes_little_loads_nothing_from_elsewhere_and_the_console_is_silent(browser, start_weir):
    weir = start_weir(settings(file_sink()))
    weir.client.write("disk used=71,5\n", "metrics")
    browser.devtools("Network.setCacheDisabled", cacheDisabled=True)
    open_page(browser, weir)
    browser.wait_text("#rejections-list", "a comma inside a number")
    browser.wait("return document.querySelector('#rates canvas')")
    browser.click("#databases-rows button")
    browser.wait_text("#database-body", "rejected")
    browser.type("#try-lines", "m v=1")
    browser.wait_text("#try-sum", "1 line would be accepted")
    events = browser.network()
    asked = [each["request"]["url"] for method, each in events if method == "Network.requestWillBeSent"]
    assert asked and [url for url in asked if not url.startswith(page_of(weir))] == []
    failed = [each for method, each in events if method == "Network.loadingFailed" and not each.get("canceled")]
    statuses = [(each["response"]["url"], each["response"]["status"]) for method, each in events
                if method == "Network.responseReceived"]  # fmt: skip
    assert failed == [] and {status for _, status in statuses} == {200}, statuses
    whole = sum(each["encodedDataLength"] for method, each in events if method == "Network.loadingFinished")
    print(f"{len(asked)} requests, {whole} bytes")
    assert 0 < whole < 300_000
    assert browser.console() == []


def test_an_address_for_administrators_shows_it_and_says_that_it_takes_no_writes(browser, start_weir):
    weir = start_weir(settings(file_sink(), http={"admin_listen": ["127.0.0.1:0"]}))
    elsewhere, here = weir.announced["http"]
    assert weir.client.get("/").status == 404, elsewhere
    browser.open(f"http://{here}/")
    browser.wait_text("#connection", "live")
    browser.type("#try-lines", "m v=1")
    browser.wait_text("#try-sum", "1 line would be accepted")
    browser.click("#try-send")
    browser.wait_text("#try-answer", "This address takes no writes")


def test_pictures_for_people_to_look_at(browser, start_weir, shots):
    with Scripted(lambda _path, params, _lines: (404, {}, b'{"error":"database not found: \\"sensors\\""}')
                  if params.get("db") == "sensors" else None) as server:  # fmt: skip
        weir = start_weir(settings(influx_sink(server.url, create_databases=False), file_sink("archive")))
        for number in range(10):
            weir.client.write("".join(f"cpu,host=web{host} usage={number}\n" for host in range(50)), "telegraf", headers=TELEGRAF)
        weir.client.write(f"cpu,host=a usage=1 {int(time.time())}\n", "telegraf", headers={"User-Agent": "curl/7.88.1"})
        weir.client.write("disk used=71,5\n", "disks", headers=TELEGRAF)
        weir.client.write("m v=1\n", "sensors", headers=TELEGRAF)
        for name, scheme, width, height in (("light", "light", 1400, 1000), ("dark", "dark", 1400, 1000), ("phone", "light", 390, 844)):
            browser.colours(scheme)
            browser.size(width, height)
            open_page(browser, weir)
            browser.wait_text("#headline", "sensors")
            browser.wait_text("#rejections-list", "a comma inside a number")
            browser.wait("return document.querySelector('#rates canvas')")
            browser.screenshot(shots / f"{name}.png")
            browser.screenshot(shots / f"{name}-whole.png", whole=True)
            assert (shots / f"{name}.png").stat().st_size > 10_000
