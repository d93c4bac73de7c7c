# SPDX-License-Identifier: Apache-2.0
"""influxdb3-python, the client of InfluxDB 3: V3_API says over which API it writes, v2 (its default) or v3."""

import os

from driver import DATABASE, URL, PointWriter, serve
from influxdb_client_3 import InfluxDBClient3, Point, SYNCHRONOUS, WriteOptions, write_client_options


def client_of(**more):
    options = WriteOptions(write_type=SYNCHRONOUS.write_type, use_v2_api=os.environ["V3_API"] == "v2")
    return InfluxDBClient3(host=URL, token="my-token", database=DATABASE,
                           write_client_options=write_client_options(write_options=options), **more)


class Client(PointWriter):
    point = staticmethod(Point.from_dict)

    def __init__(self):
        self.client = client_of()
        self.packed = client_of(enable_gzip=True)

    def connect(self):
        return self.client.get_server_version()

    def send(self, client, records):
        for at in range(0, len(records), 2000):
            client.write(records[at : at + 2000])

    def query(self):
        return self.client.query('SELECT count("integer") FROM "points"', language="influxql")


serve(Client())
