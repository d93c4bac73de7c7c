# SPDX-License-Identifier: Apache-2.0
"""What weir says of itself: /health and /ready while something is wrong, and that they recover
although no client writes; how long requests take."""

import os
import resource

from harness.process import wait_until
from harness.settings import file_sink, influx_sink, null_sink, settings

T = 1_600_000_000_000_000_000


def incompressible(count):
    return os.urandom(count // 2).hex()


def checks(weir):
    answer = weir.client.get("/health")
    return answer.status, {each["name"]: each for each in answer.json()["checks"]}


def fill(weir, bytes_each=100_000):
    for number in range(1000):
        body = f'cpu text="{incompressible(bytes_each)}" {T + number}'
        answer = weir.client.write(body, "mydb")
        if answer.status == 503:
            return number
        assert answer.status == 204
    raise AssertionError("the log never got full")


def test_all_is_well(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url)))
    assert weir.client.write(f"cpu value=1 {T}", "mydb").status == 204
    weir.wait_delivered(1)
    answer = weir.client.get("/health")
    assert answer.status == 200
    assert answer.json() == {
        "checks": [
            {"name": "log", "status": "pass", "message": "takes writes"},
            {"name": "sink influx", "status": "pass", "message": "everything is delivered"},
        ],
        "message": "ready for queries and writes",
        "name": "influxdb",
        "status": "pass",
        "version": answer.headers["x-influxdb-version"],
    }
    assert weir.client.get("/ready").status == 200


def test_a_full_log_is_not_ready_until_there_is_room(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url), log={"keep": "4MiB", "segment": "1MiB"}))
    influxd.kill()
    fill(weir)
    ready = weir.client.get("/ready")
    assert ready.status == 503
    assert ready.json()["status"] == "not ready"
    assert "log.keep" in ready.json()["message"]
    status, found = checks(weir)
    assert status == 200, "it empties itself once the server is back"
    assert found["log"]["status"] == "fail"
    assert "log.keep" in found["log"]["message"]

    def pending_is_told():
        pending = int(weir.metrics().one("weir_sink_pending_points", sink="influx"))
        return pending > 0 and f"{pending} point(s) wait" in checks(weir)[1]["sink influx"]["message"]

    wait_until(pending_is_told, what="the count of points that wait")
    influxd.start()
    wait_until(lambda: weir.client.get("/ready").status == 200, what="ready, and nobody wrote")
    assert weir.client.write(f'cpu text="{incompressible(100_000)}"', "mydb").status == 204
    wait_until(lambda: checks(weir)[1]["log"]["status"] == "pass", what="a log that is well")


def test_a_full_memory_log_too(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(
        settings(influx_sink(influxd.url), log={"type": "memory"}, limits={"memory": "16MiB"})
    )
    influxd.kill()
    fill(weir, 500_000)
    assert weir.client.get("/ready").status == 503
    assert "limits.memory" in checks(weir)[1]["log"]["message"]
    influxd.start()
    wait_until(lambda: weir.client.get("/ready").status == 200, what="ready, and nobody wrote")


def test_a_held_database_needs_a_person(influxd, start_weir):
    influxd.create_database("mydb")
    weir = start_weir(settings(influx_sink(influxd.url, refuse_missing=False)))
    assert weir.client.write(f"cpu value=1 {T}", "mydb", rp="later").status == 204
    assert weir.client.write(f"cpu value=1 {T}", "mydb").status == 204
    wait_until(lambda: checks(weir)[1]["sink influx"]["status"] == "fail", what="the held lane")
    wait_until(
        lambda: weir.metrics().one("weir_sink_pending_points", sink="influx") == 1,
        what="the other lane",
    )
    status, found = checks(weir)
    assert status == 503
    assert "1 of 2 database(s) are held" in found["sink influx"]["message"]
    assert "1 point(s) wait" in found["sink influx"]["message"]
    assert weir.client.get("/health").json()["status"] == "fail"
    assert weir.client.get("/ready").status == 200, "writes are taken"
    influxd.query('CREATE RETENTION POLICY "later" ON "mydb" DURATION INF REPLICATION 1')
    wait_until(lambda: checks(weir)[0] == 200, what="health again")


def test_a_disk_that_takes_bytes_again_is_noticed_without_a_write(start_weir):
    weir = start_weir(settings(null_sink(), log={"compression": "none"}))
    _, hard = resource.prlimit(weir.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(weir.pid, resource.RLIMIT_FSIZE, (300_000, hard))
    line = 'cpu text="' + "x" * 50_000 + '"'
    wait_until(lambda: weir.client.write(line, "mydb").status == 503, what="a disk that refuses")
    status, found = checks(weir)
    assert status == 503
    assert "cannot be written" in found["log"]["message"]
    ready = weir.client.get("/ready")
    assert ready.status == 503
    assert "cannot be written" in ready.json()["message"]
    resource.prlimit(weir.pid, resource.RLIMIT_FSIZE, (hard, hard))
    wait_until(lambda: weir.client.get("/ready").status == 200, what="ready, and nobody wrote")
    assert weir.client.get("/health").status == 200
    assert weir.client.write(line, "mydb").status == 204


def test_how_long_requests_take_is_told_by_route(start_weir):
    weir = start_weir(settings(file_sink()))
    for number in range(20):
        weir.client.write(f"cpu value={number}" if number % 2 else "bad", "mydb")
        weir.client.get("/ping")
    name = "weir_http_request_duration_seconds"
    text = weir.client.get("/metrics").text()
    assert f"# TYPE {name} histogram" in text
    metrics = weir.metrics()
    for route in ("/write", "/ping"):
        buckets = metrics.matching(f"{name}_bucket", route=route)
        bounds = [float(labels["le"]) for labels, _ in buckets]
        counts = [value for _, value in buckets]
        assert bounds == sorted(bounds) and bounds[-1] == float("inf")
        assert counts == sorted(counts)
        assert counts[-1] == metrics.one(f"{name}_count", route=route) == 20
        assert metrics.sum("weir_http_requests_total", route=route) == 20
        assert 0 < metrics.one(f"{name}_sum", route=route) < 20
