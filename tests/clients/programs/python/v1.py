# SPDX-License-Identifier: Apache-2.0
"""influxdb of PyPI, the client of InfluxDB 1."""

from driver import DATABASE, HOST, PORT, serve
from influxdb import InfluxDBClient


class Client:
    def __init__(self):
        self.plain = InfluxDBClient(HOST, PORT, database=DATABASE)
        self.packed = InfluxDBClient(HOST, PORT, database=DATABASE, gzip=True)

    def connect(self):
        return self.plain.ping()

    def create(self):
        self.plain.create_database(DATABASE)
        assert {"name": DATABASE} in self.plain.get_list_database()
        self.plain.create_retention_policy("short", "2d", "1", DATABASE)

    def write(self, points):
        assert self.plain.write_points(points, batch_size=2000)

    def gzip(self, points):
        assert self.packed.write_points(points)

    def bad(self, lines):
        self.plain.write_points(lines, protocol="line")

    def conflict(self, point):
        self.plain.write_points([point])

    def query(self):
        return next(self.plain.query('SELECT count("integer") FROM "points"').get_points())["count"]


serve(Client())
