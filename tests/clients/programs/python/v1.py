# SPDX-License-Identifier: Apache-2.0
"""influxdb of PyPI, the client of InfluxDB 1."""

from driver import CONFLICT, DATABASE, HOST, PORT, serve, until
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

    def manage(self):
        to = self.plain
        to.alter_retention_policy("short", DATABASE, duration="3d")
        policies = {each["name"]: each["duration"] for each in to.get_list_retention_policies(DATABASE)}
        assert policies["short"] == "72h0m0s", policies
        to.write_points([{"measurement": "kept", "fields": {"value": 1}}], retention_policy="short")
        until(lambda: list(to.query('SELECT value FROM "short"."kept"').get_points()))
        self.users(to)
        to.create_continuous_query("cq", 'SELECT mean("float") INTO "means" FROM "points" GROUP BY time(1m)', DATABASE)
        assert to.get_list_continuous_queries()
        to.drop_continuous_query("cq", DATABASE)
        assert {"name": "points"} in to.get_list_measurements()
        assert to.get_list_series(DATABASE, "points")
        to.delete_series(DATABASE, measurement="bad")
        to.drop_measurement("points")
        assert {"name": "points"} not in to.get_list_measurements()
        to.drop_retention_policy("short", DATABASE)
        to.drop_database(DATABASE)
        assert {"name": DATABASE} not in to.get_list_database()
        to.create_database(DATABASE)
        assert to.write_points([CONFLICT])  # what was dropped has no types

    @staticmethod
    def users(to):
        to.create_user("someone", "secret")
        to.grant_privilege("read", DATABASE, "someone")
        assert {"user": "someone", "admin": False} in to.get_list_users()
        assert to.get_list_privileges("someone") == [{"database": DATABASE, "privilege": "READ"}]
        to.revoke_privilege("read", DATABASE, "someone")
        to.set_user_password("someone", "other")
        to.drop_user("someone")
        assert to.get_list_users() == []


serve(Client())
