# SPDX-License-Identifier: Apache-2.0
"""curl, as InfluxDB's documentation uses it."""

import gzip
import json
import os
import subprocess

from driver import DATABASE, URL, line, serve

CURL = [os.environ["CLIENT_TOOL"], "-sS", "--fail-with-body"]


def curl(*arguments, body=None):
    done = subprocess.run([*CURL, *arguments], input=body, capture_output=True, check=False)
    if done.returncode != 0:
        raise RuntimeError((done.stdout + done.stderr).decode())
    return done.stdout


def write(body, *arguments):
    curl("-XPOST", f"{URL}/write?db={DATABASE}", *arguments, "--data-binary", "@-", body=body)


class Client:
    def connect(self):
        curl("-I", f"{URL}/ping")

    def create(self):
        curl("-XPOST", f"{URL}/query", "--data-urlencode", f"q=CREATE DATABASE {DATABASE}")

    def write(self, points):
        write("\n".join(map(line, points)).encode())

    def gzip(self, points):
        write(gzip.compress("\n".join(map(line, points)).encode()), "-H", "Content-Encoding: gzip")

    def bad(self, lines):
        write("\n".join(lines).encode())

    def conflict(self, point):
        write(line(point).encode())

    def query(self):
        found = curl("-G", f"{URL}/query", "--data-urlencode", f"db={DATABASE}", "--data-urlencode",
                     'q=SELECT count("integer") FROM "points"')
        return json.loads(found)["results"][0]["series"][0]["values"][0][1]


serve(Client())
