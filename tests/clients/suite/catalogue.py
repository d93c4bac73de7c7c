# SPDX-License-Identifier: Apache-2.0
"""Every client of the suite: where it comes from, and what it is seen to do at each step."""

import dataclasses

from .toolchains import Cargo, Debian, DebianRuby, Go, Installed, Maven, Node, Python

BAD_LINE = "bad,host=b integer="
CONFLICT = r"field type conflict"
FLUX = r"its server has no /api/v2/query"
FLIGHT = r"flight|unimplemented"


@dataclasses.dataclass(frozen=True)
class Client:
    """`none` at a step: the client has no such thing."""

    name: str  # unique
    title: str
    version: str
    registry: str
    recipe: object
    connect: bool = True
    creates: bool = True
    gzip: bool = True
    bad: str | None = BAD_LINE  # what its user is told, as a pattern; None: it writes no text of its user's
    conflict: str | None = CONFLICT
    # At a 503, and while weir is away: its user is "told", and writes again; it "keeps" the points, and comes again
    # by itself; or they are "lost", and its user is told nothing. None: it cannot be seen.
    busy: str | None = "told"
    restart: str | None = "told"
    query: str | None = "count"  # "count", a pattern of what its user is told instead, or None
    manages: bool = False  # it does more with what it created than to write to it
    gauges: str | None = None  # it writes metrics of its own making, with the number in this tag: points.as_gauge
    udp: bool = False  # it writes by UDP, and is answered nothing
    environment: dict = dataclasses.field(default_factory=dict)
    core: bool = False  # fast, and all of it is in Debian


def debian(name, source, package, path, *others, **more):
    title, version = package.split(" ")
    recipe = Debian(f"debian/{source}", [title, *others], f"usr/{path}")
    return Client(name, more.pop("title", title), version, "Debian", recipe, **more)


def python(name, source, package, **more):
    title, _, version = package.partition("==")
    recipe = Python(["python/driver.py", f"python/{source}"], [package])
    title = title.partition("[")[0]
    return Client(name, more.pop("title", title), version, "PyPI", recipe, **more)


def go(name, source, package, **more):
    path, _, version = package.partition("@v")
    return Client(name, more.pop("title", path.removeprefix("github.com/")), version, "Go", Go(
        ["go/driver.go", f"go/{source}"], [package]), **more)


def node(name, source, *packages, **more):
    title, _, version = packages[0].rpartition("@")
    recipe = Node(["node/driver.js", f"node/{source}"], packages)
    return Client(name, more.pop("title", title), version, "npm", recipe, **more)


def java(name, source, package, *others, **more):
    _, title, version = package.split(":")
    sources = ["java/Driver.java", *(f"java/{each}" for each in source.split())]
    return Client(name, more.pop("title", title), version, "Maven Central", Maven(sources, [package, *others]), **more)


def rust(name, source, package, *others, **more):
    """`package`: NAME VERSION; its TLS is left out, which would be built for minutes."""
    title, version = package.split(" ")
    line = f'{title} = {{ version = "={version}", default-features = false{more.pop("features", "")} }}'
    recipe = Cargo(["rust/driver.rs", f"rust/{source}"], [line, 'tokio = { version = "1", features = ["full"] }', *others])
    return Client(name, more.pop("title", title), version, "crates.io", recipe, gzip=False, **more)


GO_V1 = "github.com/influxdata/influxdb1-client@v0.0.0-20220302092344-a9ab5670611c"
GO_V2 = "github.com/influxdata/influxdb-client-go/v2@v2.14.0"
GO_V3 = "github.com/InfluxCommunity/influxdb3-go/v2@v2.17.0"
DROPWIZARD = "io.dropwizard.metrics:metrics-core:3.2.6"
MICROMETER = "io.micrometer:micrometer-registry-influx:1.17.2"
JDK_LOGGING = "org.slf4j:slf4j-jdk14:1.7.36"
TELEGRAF = "github.com/influxdata/telegraf@v1.37.2"
KEEPING = {"creates": False, "gzip": False, "bad": None, "conflict": None, "busy": "keeps", "restart": "keeps",
           "query": None, "gauges": "number"}
PUSHING = {**KEEPING, "connect": False, "busy": "told", "restart": "told"}
LOSING = {**KEEPING, "busy": "lost", "restart": "lost"}
# Of libraries of metrics: they write what they count, when their step is over, and say in their log what went wrong.
METERS = {"connect": False, "bad": None, "conflict": None, "query": None, "gauges": "number"}

CLIENTS = [
    Client("curl", "curl", "any", "Debian", Installed("debian/curl.py", "curl"), core=True),
    debian("influx", "influx.py", "influxdb-client 1.6.7", "bin/influx", title="influx", gzip=False, core=True),
    debian("vmagent", "vmagent.py", "victoria-metrics 1.79.5", "bin/vmagent", title="vmagent, remote write", core=True,
           **KEEPING),
    debian("prometheus", "prometheus.py", "prometheus 2.42.0", "bin/prometheus", title="Prometheus, remote write", **KEEPING),
    debian("subscription", "subscription.py", "influxdb 1.6.7", "bin/influxd", title="influxd, SUBSCRIPTION", core=True,
           **{**LOSING, "gauges": None}),
    debian("icinga", "icinga.py", "icinga2-bin 2.13.6", "lib/*/icinga2/sbin/icinga2", "icinga2-common",
           "libboost-context1.74.0", "libboost-thread1.74.0", "libboost-coroutine1.74.0", title="Icinga 2, InfluxdbWriter",
           **{**LOSING, "gauges": "metric"}),
    debian("collectd", "collectd.py", "collectd-core 5.12.0", "sbin/collectd", title="collectd, write_influxdb_udp", udp=True,
           **{**LOSING, "busy": None, "restart": None, "gauges": "host"}),
    python("python-influxdb", "v1.py", "influxdb==5.3.2", manages=True),
    python("aioinflux", "aio.py", "aioinflux==0.9.0", gzip=False),
    python("python-client-sync", "v2.py", "influxdb-client[async]==1.50.0", title="influxdb-client, synchronous",
           environment={"V2_MODE": "synchronous"}, query=FLUX, manages=True),
    python("python-client-signs-in", "v2.py", "influxdb-client[async]==1.50.0", title="influxdb-client, user and password",
           environment={"V2_MODE": "synchronous", "V2_SIGNS_IN": "yes"}, query=FLUX, manages=True),
    python("python-client-batching", "v2.py", "influxdb-client[async]==1.50.0", title="influxdb-client, batching",
           environment={"V2_MODE": "batching"}, query=FLUX, busy="keeps", restart="keeps", manages=True),
    python("python-client-asyncio", "v2.py", "influxdb-client[async]==1.50.0", title="influxdb-client, asyncio",
           environment={"V2_MODE": "asyncio"}, creates=False, query=FLUX),
    python("influxdb3-python", "v3.py", "influxdb3-python==0.21.0", title="influxdb3-python",
           environment={"V3_API": "v2"}, creates=False, query=FLIGHT),
    python("influxdb3-python-v3", "v3.py", "influxdb3-python==0.21.0", title="influxdb3-python, `use_v2_api=False`",
           environment={"V3_API": "v3"}, creates=False, query=FLIGHT),
    go("go-v1", "v1.go", GO_V1, environment={"PRECISION": "ns"}, bad=None),
    go("go-v1-ms", "v1.go", GO_V1, title="influxdata/influxdb1-client, `ms`", environment={"PRECISION": "ms"}, bad=None),
    go("go-v1-us", "v1.go", GO_V1, title="influxdata/influxdb1-client, `us`", environment={"PRECISION": "us"}, bad=None),
    go("go-v2", "v2.go", GO_V2, query=FLUX, manages=True),
    go("go-v2-batching", "v2.go", GO_V2, title="influxdata/influxdb-client-go/v2, batching", query=FLUX,
       environment={"V2_MODE": "batching"}, busy="keeps", restart="keeps", manages=True),
    go("go-v3", "v3.go", GO_V3, creates=False, query=FLIGHT),
    go("go-v3-no-sync", "v3.go", GO_V3, title="InfluxCommunity/influxdb3-go/v2, `NoSync`", creates=False, query=FLIGHT,
       environment={"V3_NO_SYNC": "true"}),
    node("node-influx", "v1.js", "influx@5.12.0", gzip=False, bad=None, manages=True),
    node("node-v2", "v2.js", "@influxdata/influxdb-client@1.35.0", "@influxdata/influxdb-client-apis@1.35.0",
         query=FLUX, busy="keeps", restart="keeps", manages=True),
    node("node-v3", "v3.js", "@influxdata/influxdb3-client@2.1.0", creates=False, query=FLIGHT),
    node("node-v3-no-sync", "v3.js", "@influxdata/influxdb3-client@2.1.0", creates=False, query=FLIGHT,
         title="@influxdata/influxdb3-client, `noSync`", environment={"V3_NO_SYNC": "true"}),
    java("influxdb-java-2.14", "V1.java", "org.influxdb:influxdb-java:2.14", manages=True),
    java("influxdb-java-2.17", "V1.java", "org.influxdb:influxdb-java:2.17", manages=True),
    java("influxdb-java", "V1.java", "org.influxdb:influxdb-java:2.25", manages=True),
    java("influxdb-java-msgpack", "V1.java V1Packed.java", "org.influxdb:influxdb-java:2.25", manages=True,
         title="influxdb-java, `ResponseFormat.MSGPACK`"),
    java("influxdb-java-batching", "V1.java V1Batching.java", "org.influxdb:influxdb-java:2.25", bad=None,
         title="influxdb-java, `enableBatch`", busy="keeps", restart="keeps"),
    java("java-v2", "V2.java", "com.influxdb:influxdb-client-java:7.3.0", manages=True),
    java("java-v2-batching", "V2.java", "com.influxdb:influxdb-client-java:7.3.0", environment={"V2_MODE": "batching"},
         title="influxdb-client-java, batching", busy="keeps", restart="keeps", manages=True),
    java("java-v3", "V3.java", "com.influxdb:influxdb3-java:1.2.0", creates=False, query=FLIGHT),
    go("telegraf", "telegraf.go", TELEGRAF, title="Telegraf, outputs.influxdb", environment={"OUTPUT": "influxdb"},
       bad=None, busy="keeps", restart="keeps", query=None),
    go("telegraf-v2", "telegraf.go", TELEGRAF, title="Telegraf, outputs.influxdb_v2", creates=False,
       environment={"OUTPUT": "influxdb_v2"}, bad=None, busy="keeps", restart="keeps", query=None),
    java("micrometer", "Micrometer.java", MICROMETER, JDK_LOGGING, **METERS),
    java("micrometer-v2", "Micrometer.java", MICROMETER, JDK_LOGGING, title="micrometer-registry-influx, InfluxDB 2",
         creates=False, environment={"INFLUX_API": "v2"}, **METERS),
    java("dropwizard", "Dropwizard.java", "com.github.davidb:metrics-influxdb:1.1.0", DROPWIZARD, JDK_LOGGING,
         title="Dropwizard metrics-influxdb", creates=False, gzip=False, **METERS),
    python("push-python", "push.py", "prometheus_client==0.26.0", title="prometheus_client, push", **PUSHING),
    node("push-node", "push.js", "prom-client@15.1.3", title="prom-client, push", **PUSHING),
    java("push-java", "Push.java", "io.prometheus:simpleclient_pushgateway:0.8.1", title="simpleclient_pushgateway", **PUSHING),
    Client("ruby", "influxdb for Ruby", "0.8.1", "Debian", DebianRuby(["ruby/v1.rb"], ["influxdb"]), gzip=False, manages=True),
    rust("rust-v1", "v1.rs", "influxdb 0.8.0", 'serde_json = "1"', features=', features = ["serde"]', bad=None, conflict="400"),
    rust("rust-v2", "v2.rs", "influxdb2 0.5.2", 'futures = "0.3"', query=FLUX),
]
BY_NAME = {client.name: client for client in CLIENTS}
assert len(BY_NAME) == len(CLIENTS)
