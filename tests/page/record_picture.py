# SPDX-License-Identifier: Apache-2.0
"""`./dev page --record` writes docs/images/status.png: a real weir under load, with a real InfluxDB behind it, after
WEIR_PAGE_SECONDS (330), so that the chart of five minutes is full. No test: pytest finds it by its name alone."""

import math
import os
import threading
import time

from conftest import ROOT
from harness.settings import influx_sink, settings
from suite.png import repacked

PICTURE = ROOT / "docs/images/status.png"
SECONDS = float(os.environ.get("WEIR_PAGE_SECONDS", "330"))
BYTES_MOST = 150_000


def load(weir, ending):
    """Some hosts, a program that sends seconds, and one whose database nobody made."""
    turn = 0
    while not ending.wait(0.25):
        turn += 1
        now = time.time_ns()
        hosts = int(120 + 40 * math.sin(turn / 60) + (90 if 500 < turn < 700 else 0))
        body = "".join(f"cpu,host=web{host:03} usage={(host * turn) % 100},cores=8i {now}\n" for host in range(hosts))
        weir.client.write(body, "telegraf", headers={"User-Agent": "Telegraf/1.24.2"})
        if turn % 8 == 0:
            weir.client.write(f"queue,name=mail length={turn}i {now}\n", "jobs", headers={"User-Agent": "influxdb-python/5.3"})
        if turn % 20 == 0:
            weir.client.write(f"backup,host=db1 took=12.5 {now // 10**9}\n" * 3, "jobs", headers={"User-Agent": "curl/7.88.1"})
        if turn % 12 == 0:
            weir.client.write(f"room,name=hall celsius=21.4 {now}\n", "sensors", headers={"User-Agent": "esp32/2.0"})


def test_record(browser, start_weir, influxd):
    influxd.create_database("telegraf")
    influxd.create_database("jobs")
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False, park_after="1h")))
    ending = threading.Event()
    sender = threading.Thread(target=load, args=(weir, ending))
    sender.start()
    try:
        time.sleep(SECONDS)  # nothing is waited for but the hour hand
        browser.size(1120, 1000)
        browser.open(f"http://{weir.announced['http'][0]}/")
        browser.wait_text("#connection", "live")
        browser.wait("return document.querySelector('#rates canvas')")
        browser.wait("return document.querySelector('#span :checked').value === '900' || arguments[0] < 300", SECONDS)
        browser.click("#span label:first-of-type span")
        browser.run("document.getElementById('host').hidden = true")  # whose machine it was made on is nobody's business
        browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
        browser.wait_text("#rates-rows", r"received \d{3}")
        browser.screenshot(PICTURE)
        PICTURE.write_bytes(repacked(PICTURE.read_bytes()))
    finally:
        ending.set()
        sender.join(10)
    assert PICTURE.stat().st_size < BYTES_MOST, PICTURE.stat().st_size
