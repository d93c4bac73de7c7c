# SPDX-License-Identifier: Apache-2.0
"""Listeners with a task of their own, and how many connections one address may have."""

import subprocess

from harness.client import Client
from harness.process import wait_until
from harness.settings import null_sink, settings


def test_metrics_and_reload_have_a_listener_of_their_own(start_weir):
    http = {"listen": ["127.0.0.1:0"], "admin_listen": ["127.0.0.1:0"]}
    weir = start_weir(settings(null_sink(), http=http))
    usual, admin = (Client(address) for address in weir.announced["http"])
    assert usual.request("POST", "/write?db=d", body=b"a v=1 1\n").status == 204
    assert usual.get("/metrics").status == 404
    assert usual.request("POST", "/-/reload", body=b"").status == 404
    assert b"weir_lines_accepted_total" in admin.get("/metrics").body
    assert admin.request("POST", "/-/reload", body=b"").status == 200
    assert admin.request("POST", "/write?db=d", body=b"a v=1 1\n").status == 404
    assert admin.get("/query?q=SHOW+DATABASES").status == 404
    for each in (usual, admin):
        assert each.get("/ping").status == 204
        assert each.get("/health").status == 200
    # A reload ends that, and begins it again.
    weir.configure(settings(null_sink(), http={"listen": ["127.0.0.1:0"]}))
    assert admin.request("POST", "/-/reload", body=b"").status == 200
    assert usual.get("/metrics").status == 200
    weir.configure(settings(null_sink(), http=http))
    assert usual.request("POST", "/-/reload", body=b"").status == 200
    assert usual.get("/metrics").status == 404


def test_weir_park_asks_where_administration_is(start_weir, tmp_path):
    http = {"listen": ["127.0.0.1:0"], "admin_listen": [f"unix:{tmp_path}/admin"]}
    weir = start_weir(settings(null_sink(), http=http))
    done = subprocess.run(
        [weir.executable, "park", "retry", "--config", weir.config_path],
        capture_output=True,
        timeout=20,
        check=False,
        cwd=weir.directory,
    )
    said = (done.stdout + done.stderr).decode()
    assert "404" not in said and "connect" not in said.lower(), said


def test_one_address_has_no_more_connections_than_its_limit(start_weir, tmp_path):
    http = {"listen": ["127.0.0.1:0", f"unix:{tmp_path}/http"], "connections_per_address": 3}
    weir = start_weir(settings(null_sink(), http=http))
    kept = [weir.client.connect() for _ in range(3)]
    for each in kept:
        each.request("GET", "/ping")
        assert each.getresponse().read() == b""
    over_unix = Client(f"unix:{tmp_path}/http")
    beyond = weir.client.get("/ping")
    assert beyond.status == 503
    metrics = over_unix.get("/metrics").text()
    assert "weir_http_connections_refused_total 1\n" in metrics
    assert "http.connections_per_address = 3" in weir.log()
    kept.pop().close()

    def is_served():
        return weir.client.get("/ping").status == 204

    wait_until(is_served, what="a place is free again")
