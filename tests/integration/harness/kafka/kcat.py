# SPDX-License-Identifier: Apache-2.0
"""Debian's kcat: what somebody else's program reads in a topic, and writes there."""

import json
import subprocess


class Kcat:
    def __init__(self, addresses, properties=()):
        self.command = ["kcat", "-b", addresses]
        for each in properties:
            self.command += ["-X", each]

    def run(self, *arguments, given=None, seconds=30, check=True):
        done = subprocess.run(
            [*self.command, *map(str, arguments)], input=given, capture_output=True, timeout=seconds, check=False
        )
        if check:
            assert done.returncode == 0, (arguments, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def produce(self, topic, *values, partition=None, **headers):
        """A record of each value, all with these headers."""
        arguments = ["-P", "-t", topic]
        if partition is not None:
            arguments += ["-p", partition]
        for name, value in headers.items():
            arguments += ["-H", f"{name}={value}"]
        return self.run(*arguments, given="\n".join(values).encode())

    def put(self, topic, key, value, partition, **headers):
        """One record of a compacted topic; no value: a tombstone."""
        arguments = ["-P", "-Z", "-t", topic, "-p", partition, "-K", "\t"]
        for name, text in headers.items():
            arguments += ["-H", f"{name}={text}"]
        return self.run(*arguments, given=f"{key}\t{value or ''}\n".encode())

    def values(self, topic, partition=None):
        """All that is there, each partition in its order."""
        return [record["payload"] for record in self.records(topic, partition)]

    def records(self, topic, partition=None):
        """With key, offset, partition, ts and headers, as kcat's -J spells them."""
        arguments = ["-C", "-e", "-q", "-J", "-t", topic, "-o", "beginning"]
        if partition is not None:
            arguments += ["-p", partition]
        return [json.loads(line) for line in self.run(*arguments).stdout.decode(errors="replace").splitlines()]

    def metadata(self, topic=None):
        arguments = ["-L", "-J", *(["-t", topic] if topic else [])]
        return json.loads(self.run(*arguments).stdout)

    def partitions(self, topic):
        """Of each its leader (-1: none), in their order."""
        (found,) = self.metadata(topic)["topics"]
        return [each["leader"] for each in sorted(found.get("partitions", []), key=lambda one: one["partition"])]
