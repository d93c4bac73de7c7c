# SPDX-License-Identifier: Apache-2.0
"""A real InfluxDB 1.x, from build/servers, on a port that it takes itself."""

import re

from .client import Client
from .process import Process

CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "{directory}/meta"
[data]
dir = "{directory}/data"
wal-dir = "{directory}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
{http}
"""


class QueryFailed(AssertionError):
    """InfluxDB answered a query with an error."""


class Influxd(Process):
    name = "influxd"

    def __init__(self, directory, executable, http_options=""):
        super().__init__(directory)
        self.executable = executable
        self.http_options = http_options  # further lines of [http], such as max-body-size = 1000
        self.port = 0  # 0 until the first start; kept from then on
        self.client = None

    def start(self):
        config = self.directory / "influxdb.conf"
        config.write_text(
            CONFIGURATION.format(
                directory=self.directory, port=self.port, http=self.http_options
            )
        )
        logged = len(self.log())
        self.launch([self.executable, "-config", config])
        # The address that it took; the last one, because the log goes on after a restart.
        found = self.wait_ready(
            lambda: re.search(r'Listening on HTTP.*addr=127\.0\.0\.1:(\d+)', self.log()[logged:])
        )
        self.port = int(found.group(1))
        self.client = Client(f"127.0.0.1:{self.port}")
        self.wait_ready(self.answers)
        return self

    def answers(self):
        try:
            return self.client.get("/ping").status == 204
        except OSError:
            return False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def query(self, text, db=None, epoch="ns"):
        """The result of one statement: its list of series."""
        params = {"q": text, "epoch": epoch, **({"db": db} if db else {})}
        answer = self.client.request("POST", "/query", params)
        found = answer.json()
        if answer.status != 200 or "error" in found:
            raise QueryFailed(f"{text}: {answer.status} {answer.text()}")
        result = found["results"][0]
        if "error" in result:
            raise QueryFailed(f"{text}: {result['error']}")
        return result.get("series", [])

    def rows(self, text, db=None):
        """Every row of every series, as dictionaries with the tags among them."""
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row))}
            for series in self.query(text, db)
            for row in series.get("values", [])
        ]

    def count(self, db, measurement, field="value"):
        rows = self.rows(f'SELECT count("{field}") FROM "{measurement}"', db)
        return rows[0]["count"] if rows else 0

    def databases(self):
        return [row["name"] for row in self.rows("SHOW DATABASES")]

    def create_database(self, name):
        self.query(f'CREATE DATABASE "{name}"')
