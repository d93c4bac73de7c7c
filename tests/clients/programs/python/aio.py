# SPDX-License-Identifier: Apache-2.0
"""aioinflux, a client of InfluxDB 1 for asyncio."""

import asyncio

from aioinflux import InfluxDBClient
from driver import DATABASE, HOST, PORT, serve


class Client:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.client = self.loop.run_until_complete(self.make())

    async def make(self):
        return InfluxDBClient(host=HOST, port=PORT, db=DATABASE)

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def connect(self):
        return self.run(self.client.ping())["X-Influxdb-Version"]

    def create(self):
        self.run(self.client.create_database(db=DATABASE))

    def write(self, points):
        for at in range(0, len(points), 1000):
            assert self.run(self.client.write(points[at : at + 1000]))

    def bad(self, lines):
        self.run(self.client.write("\n".join(lines)))

    def conflict(self, point):
        self.run(self.client.write(point))

    def query(self):
        found = self.run(self.client.query('SELECT count("integer") FROM "points"'))
        return found["results"][0]["series"][0]["values"][0][1]


serve(Client())
