# SPDX-License-Identifier: Apache-2.0
"""`weir log move` between a local log and a played Kafka: what was delivered stays delivered, and all else arrives once and in order,
whatever sinks were behind with, held or parked, and wherever a move is cut off."""

import signal
import time

import pytest
from harness.kafka.fleet import weir_of
from harness.kafka.moving import SERIES, SHARDS, Servers, begin_move, data_of, kafka_config, local_config, move, moved, stat
from harness.process import wait_until
from harness.samples import now_ms
from harness.settings import remote_write_sink, settings


# A played Kafka takes offsets of a group from its members alone once there was one, even when all have left (a real one, in tests/kafka,
# does not). What sinks keep says all that the group's offsets say, so moves that follow use groups that are new.


@pytest.fixture
def servers():
    made = Servers()
    yield made
    made.stop()


def fill(servers, weir):
    """`near` has all; `far` has some of `good` and waits for the rest; `late` is parked for it."""
    pending = lambda sink: weir.metrics().sum("weir_sink_pending_points", sink=sink)  # noqa: E731
    servers.write(weir, "good", 0, 10)
    servers.write(weir, "late", 0, 10)
    wait_until(lambda: len(servers.far.of("good")) == 10 * SERIES, 30, "what can be delivered", weir.must_be_alive)
    parked = lambda: weir.metrics().sum("weir_sink_parked_points", sink="far")  # noqa: E731
    wait_until(lambda: parked() == 10 * SERIES, 30, "points parked", weir.must_be_alive)
    servers.far.down = True
    servers.write(weir, "good", 10, 20)
    servers.write(weir, "late", 10, 20)
    servers.write(weir, "good", 20, 30)
    wait_until(lambda: pending("near") == 0, 30, "the one that is up", weir.must_be_alive)
    wait_until(lambda: pending("far") == 40 * SERIES, 30, "the one that is down", weir.must_be_alive)


def test_to_kafka_and_back(servers, brokers, start_weir):
    weir = start_weir(local_config(servers, brokers))
    fill(servers, weir)
    weir.stop()
    out = moved(weir, "kafka")
    assert f"{40 * SERIES} points of " in out and "are in the topic weir now" in out, out
    assert f"of these, {10 * SERIES} points were parked" in out
    assert "sink near goes on where it was" in out and "sink far goes on where it was" in out
    assert "once more" not in out, "nothing is repeated"
    assert not data_of(weir, "segments").exists() and not data_of(weir, "moving-to-kafka").exists()
    assert list(data_of(weir).glob("moved-to-kafka-*/segments"))
    (near, far) = stat(weir, kafka_config(servers, brokers))
    assert near["lag_frames"] == 0 and far["lag_frames"] > 0

    # What is behind and parked goes on moving: to a fleet that cannot deliver it either, and back.
    weir.configure(kafka_config(servers, brokers))
    weir.start()
    servers.write(weir, "good", 30, 40)
    servers.write(weir, "late", 20, 30)
    wait_until(lambda: len(servers.near.of("late")) == 30 * SERIES, 60, "the one that is up", weir.must_be_alive)
    pending = lambda: weir.metrics().sum("weir_sink_pending_points", sink="far")  # noqa: E731
    wait_until(lambda: pending() == 60 * SERIES, 30, "the one that is down", weir.must_be_alive)
    assert len(servers.far.of("good")) == 10 * SERIES
    weir.stop()
    weir.configure(local_config(servers, brokers, group="second"))
    out = moved(weir, "local")
    assert f"{60 * SERIES} points of " in out, out
    assert "once more" not in out
    weir.start()
    metrics = weir.metrics()
    assert metrics.sum("weir_sink_pending_points", sink="far") == 60 * SERIES
    assert metrics.sum("weir_sink_pending_points", sink="near") == 0
    servers.write(weir, "good", 40, 50)
    servers.mend()
    servers.check(weir)
    metrics = weir.metrics()
    for sink in ("near", "far"):
        counts = [metrics.sum(f"weir_sink_{name}_points_total", sink=sink) for name in ("accepted", "delivered", "discarded")]
        assert counts == [80 * SERIES, 80 * SERIES, 0], f"{sink}: the counts went along"
    weir.stop()

    # The topic is done with: weirs on it would deliver nothing, and it takes the next move.
    (near, far) = stat(weir, kafka_config(servers, brokers, "second"))
    assert near["lag_frames"] == far["lag_frames"] == 0
    out = moved(weir, "kafka")
    assert out.startswith("0 points"), out


def test_parked_points_come_back_from_the_topic(servers, brokers, start_weir):
    weir = start_weir(kafka_config(servers, brokers))
    servers.write(weir, "late", 0, 20)
    parked = lambda: weir.metrics().sum("weir_sink_parked_points", sink="far")  # noqa: E731
    wait_until(lambda: parked() == 20 * SERIES, 60, "points parked", weir.must_be_alive)
    wait_until(lambda: len(servers.near.of("late")) == 20 * SERIES, 30, "the one that takes them", weir.must_be_alive)
    weir.stop()
    weir.configure(local_config(servers, brokers, group="second"))
    out = moved(weir, "local")
    assert f"{20 * SERIES} points of " in out, out
    weir.start()
    servers.write(weir, "late", 20, 30)
    servers.mend()
    servers.check(weir)


def test_a_move_that_is_killed_again_and_again(servers, brokers, start_weir):
    """Wherever kill -9 comes, the next run goes on or begins anew; a weir does not start in between."""
    weir = start_weir(local_config(servers, brokers))
    servers.far.down = True
    servers.near.down = True
    for begin in range(0, 60, 2):
        servers.write(weir, "good", begin, begin + 2)
    weir.stop()
    refused = kill_in_the_middle(weir, "kafka", data_of(weir, "moving-to-kafka"))
    assert refused.count("run `weir log move --to kafka` again") > 0
    out = moved(weir, "kafka")
    lines = "".join(brokers.kcat.values("weir")).splitlines()
    assert sorted(lines) == sorted(servers.written["good"]), "each point once"

    weir.configure(kafka_config(servers, brokers, roles=["intake"]))
    weir.start()
    servers.write(weir, "good", 60, 62)
    weir.stop()
    weir.configure(local_config(servers, brokers))
    refused = kill_in_the_middle(weir, "local", data_of(weir, "moving-to-local"))
    assert refused.count("run `weir log move --to local` again") > 0
    moved(weir, "local")
    servers.near.down = False
    servers.mend()
    weir.start()
    servers.check(weir)


def kill_in_the_middle(weir, to, mark):
    """Returns what weirs said that were started in between."""
    said = ""
    for pause in range(10):
        running = begin_move(weir, to)
        end = time.monotonic() + 20
        while not mark.exists() and running.poll() is None and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(0.004 * pause)
        running.send_signal(signal.SIGKILL)
        out, err = running.communicate(timeout=20)
        if running.returncode == 0:
            # It was faster than the kill, once it had begun: a run that was cut off ended in this one.
            assert pause > 0, out + err
            return said
        if mark.exists():
            code, log = weir.refuses_to_start()
            assert code not in (0, None)
            said += log
    return said


def test_what_stands_in_the_way_is_told(servers, brokers, start_weir):
    weir = start_weir(local_config(servers, brokers))
    servers.near.down = servers.far.down = True
    servers.write(weir, "good", 0, 10)

    def refused(to, *arguments, status=1):
        code, out, err = move(weir, to, *arguments)
        assert code == status and out == "", out + err
        return err

    for to in ("kafka", "local"):
        assert "a weir must not run while its log is moved" in refused(to)
    weir.stop()
    assert "log.brokers names none" in refused("kafka", "--set", "log.brokers=[]")
    assert "log.brokers names none" in refused("local", "--set", "log.brokers=[]")
    assert "has frames already, and those of the topic would come behind them" in refused("local")
    assert "nowhere" in refused("kafka", "--directory", "nowhere")
    refused("nothing", status=2)
    weir_config, weir.config_path = weir.config_path, weir.directory / "nothing.toml"
    assert "nothing.toml" in refused("kafka", status=2)
    weir.config_path = weir_config

    # A topic that somebody has written to, and that nobody has delivered.
    brokers.kcat.produce("weir", "something", partition=0)
    assert "has frames already that are not delivered" in refused("kafka")
    assert data_of(weir, "segments").exists() and not data_of(weir, "moving-to-kafka").exists()


def test_a_fleet_that_runs_or_writes_keeps_its_topic(servers, brokers, start_weir):
    weir = start_weir(kafka_config(servers, brokers, compression="none"))
    servers.far.down = True
    for begin in range(0, 3000, 300):
        servers.write(weir, "good", begin, begin + 300)
    wait_until(lambda: len(servers.near.of("good")) == 3000 * SERIES, 60, "the one that is up", weir.must_be_alive)
    there = weir.directory / "there"
    there.mkdir()
    weir_config, weir.config_path = weir.config_path, there / "weir.toml"
    weir.config_path.write_text(local_config(servers, brokers))
    directory, weir.directory = weir.directory, there
    code, out, err = move(weir, "local")
    assert code == 1 and "end those with the role `sinks`" in err, out + err
    assert not data_of(weir, "moving-to-local").exists()
    weir.config_path, weir.directory = weir_config, directory
    weir.stop()
    weir.config_path, weir.directory = there / "weir.toml", there
    new = ("--set", "log.group=second")
    code, out, err = move(weir, "local", *new, "--set", "log.keep=1MiB")
    assert code == 1 and "and a local log holds 1.0 MiB (log.keep)" in err, out + err
    assert not data_of(weir, "moving-to-local").exists()
    out = moved(weir, "local", *new)
    assert f"{3000 * SERIES} points of " in out
    weir.config_path, weir.directory = weir_config, directory


def test_what_remote_write_has_sent_goes_along(brokers, prometheus, relay, start_weir):
    """Killed when Prometheus took a request and weir has not heard of it: after the move it asks, and no good sample is lost or refused."""
    log = {"brokers": brokers.addresses, "topic": "weir", "shards": SHARDS}
    local = lambda group: settings(  # noqa: E731
        remote_write_sink(relay.url), log={**log, "group": group}, service={"state_directory": "state"}
    )
    kafka = weir_of(brokers.addresses, remote_write_sink(relay.url), log={"shards": SHARDS, "group": "first"})
    base = now_ms() - 600_000
    steps = 0

    def write_some(weir, count):
        nonlocal steps
        for _ in range(count):
            lines = [
                f"load,s={series} v={step}i {(base + step) * 10**6}"
                for step in range(steps, steps + 4)
                for series in range(SERIES)
            ]
            assert weir.client.write("\n".join(lines), "load").status == 204
            steps += 4

    def all_there():
        found = prometheus.samples("load_v")
        return len(found) == SERIES and all({at - base for at, _ in each} == set(range(steps)) for each in found.values())

    def kill_with_a_request_under_way(weir):
        relay.hold()
        write_some(weir, 20)
        assert relay.held.wait(60), "no request came"
        write_some(weir, 5)
        weir.kill()
        relay.release()

    weir = start_weir(local("first"))
    kill_with_a_request_under_way(weir)
    moved(weir, "kafka")
    weir.configure(kafka)
    weir.start()
    wait_until(all_there, 90, "all samples", weir.must_be_alive, pause=0.2)
    kill_with_a_request_under_way(weir)
    weir.configure(local("second"))
    moved(weir, "local")
    weir.start()
    write_some(weir, 5)
    wait_until(all_there, 90, "all samples", weir.must_be_alive, pause=0.2)
    assert set(relay.statuses) <= {204, 400}, [body for body in relay.bodies if body]
    # One question for each request that was under way, of each partition.
    assert relay.statuses.count(400) <= 2 * SHARDS
    assert weir.metrics().sum("weir_sink_discarded_points_total", sink="prometheus") == 0


def test_what_is_damaged_is_told_and_counted_as_lost(servers, brokers, start_weir):
    weir = start_weir(local_config(servers, brokers, compression="none"))
    servers.near.databases.remove("good")
    servers.mend()
    for number in range(10):
        servers.write(weir, "good", number, number + 1)
    wait_until(lambda: len(servers.far.of("good")) == 10 * SERIES, 30, "the one that takes them", weir.must_be_alive)
    parked = lambda: weir.metrics().sum("weir_sink_parked_points", sink="near")  # noqa: E731
    wait_until(lambda: parked() == 10 * SERIES, 30, "points parked", weir.must_be_alive)
    weir.stop()
    (segment,) = (weir.directory / "state" / "parked" / "near").glob("*/*.log")
    content = segment.read_bytes()
    assert content.count(b"v=4i") == SERIES
    segment.write_bytes(content.replace(b"m,s=7 v=4i", b"m,s=7 v=5i"))
    code, out, err = move(weir, "kafka")
    assert code == 1, out + err
    assert f"sink near goes on where it was, but {SERIES} points that it still needed were not there any more, or damaged: they are lost" in out
    assert "sink far goes on where it was\n" in out, "it had them"
    weir.configure(kafka_config(servers, brokers))
    weir.start()
    servers.near.databases.add("good")
    wait_until(lambda: len(servers.near.of("good")) == 9 * SERIES, 60, "what is left", weir.must_be_alive)
    lost = lambda sink: weir.metrics().sum("weir_sink_discarded_points_total", sink=sink, reason="lost")  # noqa: E731
    wait_until(lambda: lost("near") == SERIES, 20, "it to be counted", weir.must_be_alive)
    assert lost("far") == 0
