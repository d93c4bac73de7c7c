# SPDX-License-Identifier: Apache-2.0
"""Intakes and sinks over a real Kafka, each a process of its own, and the load on the intakes."""

import threading

from harness.kafka.fleet import DATABASE, weir_of
from harness.load import Spread
from harness.process import wait_until

READY = (200, 204)


class Fleet:
    """`sinks` deliver to servers of their own (deliveries.recorders["sink1"] …), so that it is known who delivered what."""

    def __init__(self, kafka, deliveries, make_weir, intakes=1, sinks=1, shards=4, client=(), **log):
        self.kafka = kafka
        self.deliveries = deliveries
        keys = {
            "shards": shards,
            "replication": len(kafka.brokers),
            "compression": "none",  # what is in the topic is looked at
            "client": list(client),
            **({"acknowledge": "synced"} if len(kafka.brokers) > 1 else {}),
            **log,
        }
        self.intakes = [
            self._make(make_weir, f"intake{n + 1}", weir_of(kafka.addresses, deliveries.sink("sink1"), roles=["intake"], log=keys))
            for n in range(intakes)
        ]
        self.sinks = [
            self._make(make_weir, f"sink{n + 1}", weir_of(kafka.addresses, deliveries.sink(f"sink{n + 1}"), roles=["sinks"], log=keys))
            for n in range(sinks)
        ]

    @staticmethod
    def _make(make_weir, name, configuration):
        weir = make_weir(configuration)
        weir.title = name
        return weir

    @property
    def weirs(self):
        return [*self.intakes, *self.sinks]

    def start(self):
        for weir in self.weirs:
            weir.start(60)
        return self

    def loads(self, **keys):
        """One for each intake, of series of its own."""
        defaults = {"threads": 2, "lines": 20, "pace": 0.05, "series": 16}
        keys = {**defaults, **keys}
        return [
            Spread(lambda weir=weir: weir.client.address, DATABASE, first_writer=keys["threads"] * n, **keys)
            for n, weir in enumerate(self.intakes)
        ]

    def write_more(self, load, count, seconds=60):
        least = load.acknowledged_count() + count
        wait_until(lambda: load.acknowledged_count() >= least, seconds, f"{count} more lines, of {load.answers}", pause=0.02)

    def all_arrive(self, *loads, seconds=120):
        total = sum(load.acknowledged_count() for load in loads)
        assert total > 0
        wait_until(lambda: not self.deliveries.missing(*loads), seconds, f"{total} acknowledged lines delivered", pause=0.5)
        self.deliveries.check_order()
        return total

    def partition_of_series(self, kcat, topic="weir"):
        """Each series is in one partition; by what is in the topic."""
        found = {}
        for record in kcat.records(topic):
            for line in record["payload"].splitlines():
                series = line.partition(" ")[0]
                assert found.setdefault(series, record["partition"]) == record["partition"], f"{series} is in two partitions"
        return found


def pause(seconds):
    """A moment that passes because its length is what is tested."""
    threading.Event().wait(seconds)
