# SPDX-License-Identifier: Apache-2.0
"""Each client of the catalogue, unmodified, goes through every step; then all that was admitted is looked for in the
InfluxDB behind. WEIR_CLIENTS=all runs every client, else those run that need nothing but what Debian has."""

import os

import pytest

from suite import points, results
from suite.catalogue import BY_NAME, CLIENTS
from suite.program import Program, Reply
from suite.toolchains import Missing
from suite.world import DATABASE, FILLER, World, says

MANY, SOME = (10_000, 1_000) if os.environ.get("WEIR_CLIENTS") == "all" else (1_000, 100)
CHOSEN = [each for each in CLIENTS if each.core or os.environ.get("WEIR_CLIENTS") == "all"]


class Walk:
    """One client's way through the steps, and what is said of each in docs/clients.md."""

    def __init__(self, client, world, program):
        self.client, self.world, self.program = client, world, program
        self.numbers = 0  # of points that were admitted, from 0 on
        self.seen = {}

    def next_points(self, count):
        first = self.numbers
        self.numbers += count
        return first, count

    def has(self, reply, wanted):
        if not wanted:
            assert reply.kind == "none", reply
            return "—"
        assert reply.kind == "ok", reply
        return "yes"

    def told(self, reply, pattern):
        assert reply.kind == "error" and says(reply.words, pattern), reply
        return "told"

    def all_arrive(self):
        """Every point that was admitted, with every value; some clients say that they wrote before they did."""
        try:
            self.world.wait(lambda: self.differences() == [], "all points in InfluxDB")
        except AssertionError:
            assert self.differences() == []

    def differences(self):
        rows = self.world.stored(DATABASE, points.MEASUREMENT)
        return points.differences(rows, range(self.numbers), self.client.gauges)

    def connect(self):
        self.seen["connect"] = self.has(self.program.ask("connect"), self.client.connect)

    def create(self):
        self.seen["create"] = self.has(self.program.ask("create"), self.client.creates)
        if not self.client.creates:
            answer = self.world.weir.client.request("POST", "/query", {"q": f"CREATE DATABASE {DATABASE}"})
            assert answer.status == 200, answer
        assert DATABASE in self.world.influxd.databases()

    def write(self):
        self.seen["write"] = self.has(self.program.ask("write", *self.next_points(MANY)), True)
        self.all_arrive()

    def gzip(self):
        reply = self.program.ask("gzip", *self.next_points(SOME if self.client.gzip else 0))
        self.seen["gzip"] = self.has(reply, self.client.gzip)
        self.all_arrive()

    def bad_line(self):
        reply = self.program.ask("bad")
        if self.client.bad is None:
            self.seen["bad line"] = self.has(reply, False)
            return
        self.seen["bad line"] = self.told(reply, self.client.bad)
        self.world.all_delivered()
        hosts = [row["host"] for row in self.world.stored(DATABASE, "bad")]
        assert hosts == ["a", "c"], hosts

    def conflict(self):
        if self.client.conflict is None:
            return
        self.world.all_delivered()
        self.seen["type conflict"] = self.told(self.program.ask("conflict"), self.client.conflict)

    def busy(self):
        if self.client.busy is None:
            return
        numbers = self.next_points(100)
        with self.world.full_log():
            before = self.world.busy_answers()
            reply = self.program.begin("write", *numbers)
            self.world.wait(lambda: self.world.busy_answers() > before, "the client answered 503")
        self.seen["503"] = self.after_trouble(reply.wait(), self.client.busy, numbers)

    def restart(self):
        if self.client.restart is None:
            return
        numbers = self.next_points(100)
        with self.world.stopped() as tried:
            reply = self.program.begin("write", *numbers)
            tried(reply, self.client.restart)
        self.seen["restart"] = self.after_trouble(reply.wait(), self.client.restart, numbers)

    def after_trouble(self, reply, wanted, numbers):
        """Unless the client keeps them, the same points are written again; some wait a moment until they try a server
        that was away."""
        assert reply.kind == ("error" if wanted == "told" else "ok"), reply
        if wanted != "keeps":
            self.world.wait(lambda: self.program.ask("write", *numbers).kind == "ok", "the same points written")
        self.all_arrive()
        return wanted

    def query(self):
        self.world.all_delivered()
        reply = self.program.ask("query")
        if self.client.query is None:
            self.seen["query"] = self.has(reply, False)
        elif self.client.query != "count":
            self.seen["query"] = self.told(reply, self.client.query)
        else:
            assert reply == Reply("ok", str(self.numbers))
            self.seen["query"] = "yes"

    def look(self):
        """Everything is there once: as rows of InfluxDB, and as points that weir accepted and delivered."""
        world = self.world
        world.all_delivered()
        self.all_arrive()
        assert world.weir.metrics().sum("weir_sink_discarded_points_total") == 0
        # A point that came twice lies upon itself in InfluxDB, and is counted twice here.
        assert world.delivered() == world.stored_in(DATABASE) + world.stored_in(FILLER)
        self.seen["in InfluxDB"] = "once"

    def manage(self):
        self.seen["manage"] = self.has(self.program.ask("manage"), self.client.manages)


STEPS = ("connect", "create", "write", "gzip", "bad_line", "conflict", "busy", "restart", "query", "look", "manage")


@pytest.fixture
def launch(influxd, start_weir, tmp_path):
    """launch(client) gives a world and the client's program in it; the test is skipped where it cannot be had."""
    programs = []

    def launched(client, **environment):
        try:
            folder = client.recipe.ready()
        except Missing as missing:
            results.skipped(client, str(missing))
            pytest.skip(str(missing))
        world = World(influxd, start_weir, client.udp)
        arguments = [world.url, world.host, str(world.port), DATABASE]
        environment = {**client.environment, **world.environment(), **environment}
        programs.append(Program(client.recipe.command(folder), tmp_path, arguments, tmp_path / "client.log", environment))
        return world, programs[-1]

    yield launched
    for program in programs:
        program.end()
        print(f"---- the client said last:\n{program.said()}")


@pytest.mark.parametrize("client", CHOSEN, ids=lambda client: client.name)
def test_client(client, launch):
    world, program = launch(client)
    walk = Walk(client, world, program)
    results.failed(client)  # until it passed
    for step in STEPS:
        getattr(walk, step)()
    results.passed(client, walk.seen)


@pytest.mark.skipif(BY_NAME["telegraf"] not in CHOSEN, reason="./dev clients runs it")
def test_telegraf_hears_of_a_retention_policy_that_is_not_there(launch):
    """It creates its database alone, and waits to be told of the policy: then it drops and says so."""
    world, program = launch(BY_NAME["telegraf"], RETENTION_POLICY="week")
    assert program.ask("connect").kind == "ok"
    assert DATABASE in world.influxd.databases()
    reply = program.ask("write", 0, 10)
    assert reply.kind == "error" and says(reply.words, 'retention policy not found: .*week'), reply
    world.influxd.query(f"CREATE RETENTION POLICY week ON {DATABASE} DURATION INF REPLICATION 1")
    world.wait(lambda: program.ask("write", 0, 10).kind == "ok", "weir has heard of the policy")
    world.all_delivered()
    assert world.influxd.rows('SELECT count("integer") FROM week.points', DATABASE)[0]["count"] == 10
