# SPDX-License-Identifier: Apache-2.0
"""The model and the simulation of docs/scale.md: small cases that can be worked out by hand, what must grow with what, and that the
page has the tables that the program makes."""

import copy
import dataclasses
import pathlib
import re
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))
import model  # noqa: E402
import rebalance  # noqa: E402
import scale  # noqa: E402

MEASURED = model.Figures.load()


def figures(**changed):
    """Round figures: everything costs one CPU second a GB, and records nothing."""
    tree = copy.deepcopy(MEASURED.tree)
    for part in ("measured", "assumed"):
        for name, of in tree[part].items():
            of["value"] = 0.0 if name.endswith("record") or name.endswith("record_copied") else 1.0
    for name, value in {
        "busy": 0.5,
        "nic.busy": 0.5,
        "partition.stored_mb_s_max": 1e9,
        "partition.records_s_max": 1e9,
        "topic.partitions_max": 3072,
        "broker.partitions_max": 4000,
        "sink.partitions_max": 64,
        "frame.bytes_max": 500_000,
        "frame.plain_bytes": 8192,
        **{key.replace("__", "."): value for key, value in changed.items()},
    }.items():
        (tree["measured"] if name in tree["measured"] else tree["assumed"])[name]["value"] = value
    tree["compression"]["points"] = [{"frame_bytes": 8192, "ratio": 1.0}, {"frame_bytes": 81_920, "ratio": 0.2}]
    return model.Figures(tree)


# --- frames


def test_a_turn_is_cut_into_the_partitions():
    found = model.frames(figures(), model.Workload(line_bytes=100, lines_a_turn=12_000), 12)
    assert found.a_turn == pytest.approx(12)
    assert found.bytes == pytest.approx(100_000)
    assert found.per_gb == pytest.approx(10_000)


def test_few_lines_leave_partitions_without_a_frame():
    found = model.frames(figures(), model.Workload(line_bytes=100, lines_a_turn=1), 64)
    assert found.a_turn == pytest.approx(1)
    # Of two lines, both in one partition one time in 64.
    two = model.frames(figures(), model.Workload(line_bytes=100, lines_a_turn=2), 64)
    assert two.a_turn == pytest.approx(2 - 1 / 64)


def test_a_frame_has_a_most():
    found = model.frames(figures(), model.Workload(line_bytes=1000, lines_a_turn=10_000), 1)
    assert found.bytes == 500_000
    assert found.a_turn == 20


def test_the_ratio_is_between_its_neighbours_and_stays_at_the_ends():
    of = figures()
    assert of.stored_ratio(100) == 1.0
    assert of.stored_ratio(10**9) == 0.2
    assert of.stored_ratio(8192 * 10**0.5) == pytest.approx(0.6)
    ratios = [MEASURED.stored_ratio(2**power) for power in range(7, 24)]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] == 1.0 and ratios[-1] < 0.3


# --- demand


def test_what_a_gigabyte_takes():
    workload = model.Workload(line_bytes=100, lines_a_turn=10**6, sinks=("influxdb", "remote_write"), replication=3)
    found = model.demand(figures(sink__remote_write__sent_ratio=0.5), workload, 2.0, 10)
    stored = 2.0 * 0.2
    # Parsing, cutting and gzip of two GB, and producing what is stored of it.
    assert found.intake_cores == pytest.approx(3 * 2.0 + stored)
    assert found.intake_in == 2.0 and found.intake_out == pytest.approx(stored)
    # One copy in, two between brokers, and two sinks that read.
    assert found.broker_cores == pytest.approx(stored * (1 + 2 + 2))
    assert found.broker_in == pytest.approx(3 * stored) and found.broker_disk == pytest.approx(3 * stored)
    assert found.broker_out == pytest.approx(4 * stored)
    assert found.sink_cores == pytest.approx(4.0)
    assert found.sink_out == pytest.approx(2.0 * 0.2 + 2.0 * 0.5)
    assert found.thread == pytest.approx(0.2)
    assert found.partition_mb_s == pytest.approx(40.0)


def test_frames_that_stay_plain_are_not_compressed():
    workload = model.Workload(line_bytes=100, lines_a_turn=100)
    small = model.demand(figures(), workload, 1.0, 10)
    assert small.frames.ratio == 1.0
    assert small.intake_cores == pytest.approx(2 + 1)


def test_topics_share_the_rate():
    workload = model.Workload()
    one = model.demand(MEASURED, workload, 1.0, 12, topics=1)
    four = model.demand(MEASURED, workload, 4.0, 12, topics=4)
    assert four.thread == pytest.approx(one.thread)
    assert four.broker_cores == pytest.approx(4 * one.broker_cores)
    assert four.partition_records_s == pytest.approx(one.partition_records_s)


@pytest.mark.parametrize("kind", scale.KINDS)
def test_more_partitions_ease_threads_and_burden_intakes(kind):
    workload = model.Workload(sinks=(kind,))
    found = [model.demand(MEASURED, workload, 1.0, partitions) for partitions in (12, 24, 48)]
    assert [each.thread for each in found] == sorted((each.thread for each in found), reverse=True)
    assert [each.frames.bytes for each in found] == sorted((each.frames.bytes for each in found), reverse=True)
    assert [each.broker_cores for each in found] == sorted(each.broker_cores for each in found)


def test_partitions_do_not_help_against_records():
    """Each turn has a frame for each partition: a partition has as many a second, however many partitions there are."""
    workload = model.Workload(lines_a_turn=10**6)
    few, many = (model.demand(figures(frame__bytes_max=10**9), workload, 1.0, count) for count in (12, 48))
    assert few.partition_records_s == pytest.approx(many.partition_records_s)


# --- obstacles, plans


@pytest.mark.parametrize(
    "name, changed",
    [
        ("a partition's sink thread", {"sink__influxdb__s_per_gb": 1e6}),
        ("a partition's bytes", {"partition__stored_mb_s_max": 1e-6}),
        ("a partition's records", {"partition__records_s_max": 1e-6}),
    ],
)
def test_the_obstacle_is_the_one_that_was_put_there(name, changed):
    of = figures(**changed)
    found = model.demand(of, model.Workload(), 1.0, 12)
    assert model.obstacles(of, found, 12)[0][0] == name
    assert not model.goes(of, found, 12)
    assert model.farthest(of, model.Workload())[2] == name


@pytest.mark.parametrize(
    "kind, resource, changed",
    [
        ("intakes", "cores", {"intake__s_per_gb": 1e4}),
        ("brokers", "cores", {"broker__s_per_stored_gb_in": 1e4}),
        ("brokers", "partitions", {"broker__partitions_max": 0.001}),
        ("sinks", "threads", {"sink__partitions_max": 0.001}),
        ("databases", "cores", {"database__influxdb__s_per_gb": 1e4}),
    ],
)
def test_the_scarcest_resource_is_what_machines_are_bought_for(kind, resource, changed):
    made = model.buy(figures(**changed), model.Workload(), model.Machine(), 1.0, 12)
    assert made.fullest[kind][0] == resource
    most = max(("intakes", "brokers", "sinks", "databases"), key=lambda each: getattr(made, each))
    assert most == kind


def test_a_slow_network_is_what_fills_first():
    of = figures()
    made = model.buy(of, model.Workload(), model.Machine(nic_gbit=0.1), 1.0, 12)
    # A tenth of a Gb/s, half of it used: 160 machines for one GB/s that comes in.
    assert made.intakes == 160
    assert made.fullest["intakes"] == ("network in", pytest.approx(1.0))


@pytest.mark.parametrize("kind", scale.KINDS)
@pytest.mark.parametrize("lines", [500, 5000, 50_000])
def test_a_plan_keeps_its_own_bounds(kind, lines):
    workload = model.Workload(sinks=(kind,), lines_a_turn=lines)
    before = 0
    for rate in (0.1, 1.0, 10.0, 100.0):
        made = model.plan(MEASURED, workload, model.Machine(), rate)
        assert model.goes(MEASURED, made.demand, made.partitions)
        assert all(share <= 1.0 + 1e-9 for _, share in made.fullest.values())
        assert made.machines() >= before, "more lines need no fewer machines"
        before = made.machines()


def test_one_topic_goes_as_far_as_it_says():
    for kind in scale.KINDS:
        workload = model.Workload(sinks=(kind,))
        rate, partitions, stops = model.farthest(MEASURED, workload)
        assert model.goes(MEASURED, model.demand(MEASURED, workload, rate * 0.99, partitions), partitions)
        above = model.demand(MEASURED, workload, rate * 1.01, partitions)
        assert model.obstacles(MEASURED, above, partitions)[0][0] == stops


def test_what_intakes_take_fills_them():
    for intakes in (1, 10, 100):
        rate, made = model.rate_of(MEASURED, model.Workload(), model.Machine(), intakes)
        assert made.intakes == intakes
        assert made.fullest["intakes"][1] == pytest.approx(1.0, abs=0.02)
        assert rate > 0


def test_where_nothing_goes_it_says_so():
    assert model.plan(figures(sink__influxdb__s_per_gb=1e12), model.Workload(), model.Machine(), 1.0) is None


# --- rebalances


def test_what_is_assigned_is_fair_and_moves_little():
    members = [rebalance.Member(name) for name in range(3)]
    members[0].owned, members[1].owned = set(range(6)), set(range(6, 12))
    target = rebalance.assign(members, 12)
    assert sorted(map(len, target.values())) == [4, 4, 4]
    assert sorted(partition for of in target.values() for partition in of) == list(range(12))
    assert target[0] <= members[0].owned and target[1] <= members[1].owned


TIMINGS = rebalance.Timings()


@pytest.mark.parametrize("members, partitions", [(2, 4), (3, 12), (10, 48), (40, 100)])
@pytest.mark.parametrize("what", rebalance.EVENTS)
def test_every_partition_has_one_owner_in_the_end(what, members, partitions):
    group, _ = rebalance.play(what, members, partitions)
    assert not group.still
    owned = sorted(partition for member in group.members.values() for partition in member.owned)
    assert owned == list(range(partitions))
    assert max(len(each.owned) for each in group.members.values()) - min(len(each.owned) for each in group.members.values()) <= 1


def test_a_killed_members_partitions_wait_for_its_session():
    found = rebalance.outcome("is killed", 3, 12)
    # The last heartbeat was up to `heartbeat` before the end; then others learn of the round by theirs.
    assert TIMINGS.session - TIMINGS.heartbeat < found.p50
    assert found.longest < TIMINGS.session + TIMINGS.heartbeat + 12 * TIMINGS.take + 1
    assert found.moved_share == pytest.approx(4 / 12)
    assert 0 < found.repeats <= TIMINGS.commit
    assert found.rounds == 1


def test_a_joining_member_stops_only_what_moves_to_it():
    for seed in range(1, 6):
        group, _ = rebalance.play("joins", 3, 12, seed=seed)
        assert group.rounds == 2
        assert {each.partition for each in group.pauses} == group.members[3].owned
        assert len(group.members[3].owned) == 3
        assert all(each.repeats == 0 for each in group.pauses)


def test_a_member_that_leaves_costs_a_heartbeat_and_repeats_nothing():
    found = rebalance.outcome("leaves", 3, 12)
    assert found.longest < TIMINGS.heartbeat + 4 * (TIMINGS.release + TIMINGS.take) + 0.1
    assert found.repeats == 0


def test_a_shorter_session_shortens_what_a_death_costs():
    short = dataclasses.replace(TIMINGS, session=6.0, heartbeat=1.2)
    assert rebalance.outcome("is killed", 3, 12, short).p99 < rebalance.outcome("is killed", 3, 12).p99 - 3


def test_the_same_seed_plays_the_same():
    assert rebalance.outcome("rolling upgrade", 3, 12) == rebalance.outcome("rolling upgrade", 3, 12)


@pytest.mark.parametrize("what", ["joins", "leaves", "is killed"])
def test_it_plays_what_a_real_group_was_seen_to_do(what):
    real = MEASURED.tree["rebalances"][what]
    played = []
    for seed in range(1, 40):
        group, _ = rebalance.play(what, 3, 12, dataclasses.replace(TIMINGS, release=0.0, take=0.0), seed)
        played += [each.end - each.begin for each in group.pauses]
    # The real one's processes shared two cores with much else.
    assert min(played) - 0.2 <= real["least"] and real["greatest"] <= max(played) + 0.5
    assert abs(real["median"] - rebalance.quantile(played, 0.5)) < TIMINGS.heartbeat / 2


# --- figures and page


def test_every_figure_says_where_it_is_from():
    for name, of in MEASURED.tree["measured"].items():
        assert of["value"] >= 0 and of["unit"] and of["what"] and of["command"], name
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", of["on"]), name
        if "least" in of:
            assert of["least"] <= of["value"] <= of["greatest"], name
    for name, of in MEASURED.tree["assumed"].items():
        assert of["why"], name
    assert MEASURED.tree["machine"] and MEASURED.tree["compression"]["command"]


def test_what_weir_itself_decides_is_as_its_sources_have_it():
    root = HERE.parents[1]
    frame = (root / "proxy/log/frame.hpp").read_text()
    plain = re.search(r"frame_plain_bytes_max = std::size_t\{(\d+)\} \* (\d+);", frame)
    assert MEASURED["frame.plain_bytes"] == int(plain[1]) * int(plain[2])
    group = (root / "proxy/kafka/group_rdkafka.hpp").read_text()
    session = re.search(r"session_timeout\{([\d']+)\}", group)
    assert TIMINGS.session == int(session[1].replace("'", "")) / 1000
    settings = (root / "conf/weir.toml").read_text()
    commit = re.search(r'^commit_interval = "(\d+)s"', settings, re.MULTILINE)
    assert TIMINGS.commit == int(commit[1])


def test_the_page_has_the_programs_tables():
    page = scale.PAGE.read_text()
    assert scale.filled(page, MEASURED) == page, "run bench/scale/scale.py --write"


def test_another_figure_changes_the_page():
    page = scale.PAGE.read_text()
    tree = copy.deepcopy(MEASURED.tree)
    tree["measured"]["intake.s_per_gb"]["value"] *= 10
    assert scale.filled(page, model.Figures(tree)) != page


def test_a_page_without_a_place_is_refused():
    with pytest.raises(ValueError, match="no place for the table"):
        scale.filled("# Scale\n", MEASURED)


def run(*arguments):
    return subprocess.run([sys.executable, HERE / "scale.py", *arguments], capture_output=True, text=True, check=False, timeout=60)


def test_a_case_of_ones_own():
    done = run("--rate", "1", "--sink", "influxdb", "--cores", "8", "--nic", "10")
    assert done.returncode == 0, done.stderr
    assert re.match(r"1 GB/s into .* partitions: \d+ machines\n  intakes: \d", done.stdout), done.stdout


def test_a_group_of_ones_own():
    done = run("--rebalance", "4", "16")
    assert done.returncode == 0, done.stderr
    assert [line.split(" | ")[2] for line in done.stdout.splitlines()[2:]] == list(rebalance.EVENTS)


@pytest.mark.parametrize("arguments", [["--rate", "0"], ["--rate", "-1"], ["--rate", "1", "--lines", "0"], ["--rebalance", "1", "5"], ["--rate", "x"]])
def test_wrong_words_are_refused(arguments):
    done = run(*arguments)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_costs_are_found_again_in_sums_of_them():
    import measure_client

    points = [(gb, records, 3.0 * gb + 40e-6 * records) for gb, records in ((0.3, 4800), (0.15, 19_200), (0.02, 19_200))]
    assert measure_client.fit(points) == (pytest.approx(3.0), pytest.approx(40e-6))
    # A cost is never below nothing.
    assert measure_client.fit([(1.0, 1000, 1.0), (1.0, 2000, 0.9)])[1] == 0.0


def test_what_measures_can_be_asked_for_help():
    done = subprocess.run([sys.executable, HERE / "measure.py", "--help"], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0 and "--without-kafka" in done.stdout, done.stderr
