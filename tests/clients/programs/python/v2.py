# SPDX-License-Identifier: Apache-2.0
"""influxdb-client of PyPI, the client of InfluxDB 2: V2_MODE says which of its ways to write."""

import asyncio
import os

from driver import DATABASE, URL, PointWriter, serve
from influxdb_client import BucketRetentionRules, InfluxDBClient, Point, WriteOptions
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.client.write_api import SYNCHRONOUS

ORG = "my-org"


def client_of(**more):
    known = {"token": "my-token"}
    if os.environ.get("V2_SIGNS_IN") == "yes":
        known = {"username": "user", "password": "secret"}
    return InfluxDBClient(url=URL, org=ORG, **known, **more)


class Synchronous(PointWriter):
    point = staticmethod(Point.from_dict)

    def __init__(self):
        self.client = client_of()
        self.packed = client_of(enable_gzip=True)

    def connect(self):
        assert self.client.ping() and self.client.ready().status == "ready"
        return self.client.version()

    def create(self):
        buckets = self.client.buckets_api()
        if buckets.find_bucket_by_name(DATABASE) is None:
            buckets.create_bucket(bucket_name=DATABASE, org=ORG)
        assert buckets.find_bucket_by_name(DATABASE).name == DATABASE

    def send(self, client, records):
        with client.write_api(write_options=SYNCHRONOUS) as api:
            for at in range(0, len(records), 2000):
                api.write(bucket=DATABASE, record=records[at : at + 2000])

    def query(self):
        query = f'from(bucket: "{DATABASE}") |> range(start: 0) |> count()'
        return self.client.query_api().query(query)[0].records[0].get_value()

    def manage(self):
        assert self.client.users_api().me().name
        assert self.client.organizations_api().find_organizations(org=ORG)[0].name == ORG
        buckets = self.client.buckets_api()
        bucket = buckets.find_bucket_by_name(DATABASE)
        bucket.retention_rules = [BucketRetentionRules(type="expire", every_seconds=7 * 86_400)]
        buckets.update_bucket(bucket)
        assert buckets.find_bucket_by_name(DATABASE).retention_rules[0].every_seconds == 7 * 86_400
        assert DATABASE in [each.name for each in buckets.find_buckets().buckets]
        buckets.delete_bucket(bucket)
        assert buckets.find_bucket_by_name(DATABASE) is None


class Batching(Synchronous):
    """Errors are told to a callback."""

    def send(self, client, records):
        told = []
        options = WriteOptions(batch_size=1000, flush_interval=200, jitter_interval=0, retry_interval=500,
                               max_retries=20, max_retry_delay=2000)
        with client.write_api(options, error_callback=lambda *args: told.append(args[-1])) as api:
            api.write(bucket=DATABASE, record=records)
        if told:
            raise told[0]


class Asynchronous(PointWriter):
    point = staticmethod(Point.from_dict)

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.client = self.run(self.make(False))
        self.packed = self.run(self.make(True))

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    async def make(self, packed):
        return InfluxDBClientAsync(url=URL, token="my-token", org=ORG, enable_gzip=packed)

    def connect(self):
        assert self.run(self.client.ping())
        return self.run(self.client.version())

    def send(self, client, records):
        for at in range(0, len(records), 2000):
            assert self.run(client.write_api().write(bucket=DATABASE, record=records[at : at + 2000]))

    def query(self):
        query = f'from(bucket: "{DATABASE}") |> range(start: 0) |> count()'
        return self.run(self.client.query_api().query(query))[0].records[0].get_value()


serve({"synchronous": Synchronous, "batching": Batching, "asyncio": Asynchronous}[os.environ["V2_MODE"]]())
