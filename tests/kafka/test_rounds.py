# SPDX-License-Identifier: Apache-2.0
"""Two intakes, two sinks and three brokers, and kill -9 of one of the seven at a random moment, again and again: what was
acknowledged arrives, in order of each series, and only what was delivered shortly before a kill comes again.

WEIR_KAFKA_ROUNDS sets how often (6), WEIR_KAFKA_SEED when and whom; both are printed.
"""

import os
import random
import time

from cluster import Fleet, pause

from harness.kafka.kcat import Kcat
from harness.process import wait_until

ROUNDS = int(os.environ.get("WEIR_KAFKA_ROUNDS", "6"))
SEED = int(os.environ.get("WEIR_KAFKA_SEED", "20200913"))
SHARDS = 6


def whole(kcat, brokers):
    """Every partition has a leader, and all its replicas are in sync."""
    found = kcat.metadata()
    if len(found["brokers"]) < brokers:
        return False
    parts = [part for topic in found["topics"] for part in topic["partitions"]]
    return all(part["leader"] > 0 and len(part["isrs"]) == len(part["replicas"]) for part in parts)


def test_no_kill_loses_what_was_acknowledged(start_kafka, deliveries, make_weir):
    random_ = random.Random(SEED)
    kafka = start_kafka(brokers=3)
    kcat = Kcat(kafka.address)
    fleet = Fleet(kafka, deliveries, make_weir, intakes=2, sinks=2, shards=SHARDS, produce_timeout="10s").start()
    loads = fleet.loads()
    victims = {weir.title: weir for weir in fleet.weirs} | {broker.name: broker for broker in kafka.brokers}
    order = []
    while len(order) < ROUNDS:  # everybody in turn, in a random order
        names = list(victims)
        random_.shuffle(names)
        order += names
    kills = []
    refused = {}
    with loads[0], loads[1]:
        for load in loads:
            fleet.write_more(load, 500)
        wait_until(lambda: deliveries.count() > 500, 60, "deliveries")
        for name in order[:ROUNDS]:
            pause(random_.uniform(0.0, 1.0))
            before = [load.answers.get(503, 0) for load in loads]
            kills.append(time.monotonic())
            victims[name].kill()
            pause(random_.uniform(0.0, 4.0))
            victims[name].start(120)
            for load in loads:
                fleet.write_more(load, 200)
            count = deliveries.count()
            wait_until(lambda count=count: deliveries.count() > count, 60, f"deliveries after {name} was killed")
            wait_until(lambda: whole(kcat, 3), 60, "a whole cluster", pause=0.3)
            said = sum(load.answers.get(503, 0) for load in loads) - sum(before)
            refused.setdefault(name.rstrip("123"), []).append(said)
    total = fleet.all_arrive(*loads)
    repeats, longest = deliveries.check_repeats(kills)
    print(
        f"{ROUNDS} kills, seed {SEED}: {total} lines acknowledged, 0 lost; {repeats} came again, "
        f"of what was delivered up to {longest:.2f} s before a kill; answers {[load.answers for load in loads]}, "
        f"503s by who was killed: {refused}"
    )
