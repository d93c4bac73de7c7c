# SPDX-License-Identifier: Apache-2.0
"""The command line of InfluxDB 1, `influx`: many points by -import, few by INSERT."""

import json
import os
import pathlib
import subprocess

from driver import DATABASE, HOST, PORT, line, serve

INFLUX = [os.environ["CLIENT_TOOL"], "-host", HOST, "-port", str(PORT), "-database", DATABASE]


def influx(*arguments):
    done = subprocess.run([*INFLUX, *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    said = done.stdout + done.stderr
    if done.returncode != 0 or "ERR:" in said or "rror" in said:
        raise RuntimeError(said)
    return done.stdout


def imported(points):
    head = f"# DML\n# CONTEXT-DATABASE: {DATABASE}\n\n"
    path = pathlib.Path("import.txt")
    path.write_text(head + "\n".join(map(line, points)) + "\n", encoding="utf-8")
    return influx("-import", "-path", str(path), "-precision", "ns")


class Client:
    def connect(self):
        return influx("-execute", "SHOW DATABASES")

    def create(self):
        path = pathlib.Path("create.txt")
        path.write_text(f"# DDL\nCREATE DATABASE {DATABASE}\nCREATE RETENTION POLICY week ON {DATABASE} DURATION 7d REPLICATION 1\n"
                        "# DML\n")
        influx("-import", "-path", str(path))

    def write(self, points):
        imported(points)

    def bad(self, lines):
        told = []
        for each in lines:
            try:
                influx("-precision", "ns", "-execute", f"INSERT {each}")
            except RuntimeError as error:
                told.append(str(error))
        if told:
            raise RuntimeError(" ".join(told))

    def conflict(self, point):
        influx("-precision", "ns", "-execute", f"INSERT {line(point)}")

    def query(self):
        found = influx("-format", "json", "-execute", 'SELECT count("integer") FROM "points"')
        return json.loads(found)["results"][0]["series"][0]["values"][0][1]


serve(Client())
