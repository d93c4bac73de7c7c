# SPDX-License-Identifier: Apache-2.0
"""Names that are written alike, in a real Prometheus that knows no UTF-8: as many series as the points had, and each
value under its name, also after a restart and in another order."""

import random
import re
import subprocess
import time

import pytest
from harness.settings import influx_sink, remote_write_sink, settings

SINK = "prometheus"
DATABASES = ("flink", "flink-2")

# Twenty pairs, as measurement and field: each pair comes to one name if every letter that a Prometheus before 3 does
# not know is replaced by an underscore.
PAIRS = [
    # Punctuation, and where a name is parted.
    (("m", "a.b"), ("m", "a-b")),
    (("m", "c_d"), ("m", "c d")),
    (("m_e", "f"), ("m", "e_f")),
    (("1up", "v"), ("_1up", "v")),
    (("disk/", "v"), ("disk%", "v")),
    (("x=y", "v"), ("x,y", "v")),
    (("a:b", "v.1"), ("a:b", "v,1")),
    # Latin with accents.
    (("tempé", "v"), ("tempè", "v")),
    (("größe", "v"), ("gröże", "v")),
    (("naïve", "ü.v"), ("naïve", "ö.v")),
    # Chinese.
    (("温度", "值"), ("湿度", "值")),
    (("传感器", "温度"), ("传感器", "湿度")),
    (("北京", "v"), ("上海", "v")),
    # Cyrillic.
    (("привет", "v"), ("пропет", "v")),
    (("датчик", "вверх"), ("датчик", "внизу")),
    # Arabic.
    (("حرارة", "v"), ("رطوبة", "v")),
    (("قيمة", "اول"), ("قيمة", "ثان")),
    # Emoji.
    (("mood", "😀"), ("mood", "😁")),
    (("🌡", "v"), ("🌧", "v")),
    # What an escaped name looks like, as somebody's own.
    (("日", "v"), ("U___65e5_", "_v")),
]
# Tag keys, two of a point.
TAG_PAIRS = [("k.1", "k-1"), ("主机", "主板"), ("хост", "хвост"), ("db", "tag_db"), ("مضيف", "مضيق"), ("🏠", "🏡")]


def escaped(name, letters):
    return re.sub(f"([{re.escape(letters)}])", r"\\\1", name)


def points():
    """(database, measurement, field, tags): each is a series of InfluxDB."""
    for database in DATABASES:
        for pair in PAIRS:
            for measurement, field in pair:
                yield database, measurement, field, {}
        for one, other in TAG_PAIRS:
            for tags in ({one: "x"}, {other: "x"}, {one: "x", other: "y"}, {one: "y", other: "x"}):
                yield database, "tagged", "v", tags


def line_of(point, value, at_ms):
    _, measurement, field, tags = point
    text = escaped(measurement, ", ")
    for key, tag_value in tags.items():
        text += f",{escaped(key, ',= ')}={tag_value}"
    return f"{text} {escaped(field, ',= ')}={value} {at_ms * 10**6}"


def plain_name(text):
    """As docs/prometheus_mapping.md says."""
    if text.isascii():
        name = re.sub(r"[^a-zA-Z0-9_:]", "_", text)
        return "_" + name if name[0].isdigit() else name

    def letter(c, first):
        if c == "_":
            return "__"
        legal = c.isascii() and (c.isalnum() or c == ":") and not (first and c.isdigit())
        return c if legal else f"_{ord(c):x}_"

    return "U__" + "".join(letter(c, i == 0) for i, c in enumerate(text))


def write(weir, numbered, at_ms):
    """{number: point} is written in this order, a number as its value."""
    for database in DATABASES:
        lines = [line_of(point, number, at_ms) for number, point in numbered if point[0] == database]
        answer = weir.client.write("\n".join(lines), database)
        assert answer.status == 204, answer


def series_of_values(prometheus, at_ms):
    """{value: labels} of the samples of that time."""
    out = {}
    count = 0
    for labels, samples in prometheus.samples('{__name__=~".+", scenario=""}').items():
        for at, value in samples:
            if at == at_ms:
                count += 1
                out[int(value)] = labels
    assert len(out) == count, "a value in two series"
    return out


def series_in_influxdb(influxd, database):
    """{value: (measurement, field)} of all that it has: a series of Prometheus is a field of one of InfluxDB's."""
    out = {}
    for series in influxd.query("SELECT * FROM /.*/ GROUP BY *", database):
        for row in series["values"]:
            for field, value in zip(series["columns"][1:], row[1:]):
                if value is not None:
                    out[int(value)] = (series["name"], field)
    return out


def test_twenty_pairs_of_names_in_five_scripts_and_two_databases(prometheus, influxd, make_weir):
    for database in DATABASES:
        influxd.create_database(database)
    config = settings(remote_write_sink(prometheus.url), influx_sink(influxd.url))
    weir = make_weir(config).start()
    numbered = list(enumerate(points()))
    at_ms = int(time.time() * 1000) - 60_000
    write(weir, numbered, at_ms)
    weir.wait_delivered(len(numbered), sink=SINK)
    first = series_of_values(prometheus, at_ms)
    assert sorted(first) == [number for number, _ in numbered]
    assert len(set(first.values())) == len(numbered), "as many series as the points had"
    weir.wait_delivered(len(numbered))
    for database in DATABASES:
        held = series_in_influxdb(influxd, database)
        assert held == {n: (p[1], p[2]) for n, p in numbered if p[0] == database}
    plain = set()
    for number, (database, measurement, field, tags) in numbered:
        labels = dict(first[number])
        wanted = plain_name(f"{measurement}_{field}")
        assert re.fullmatch(re.escape(wanted) + "(_?_[0-9a-f]{8})?", labels["__name__"]), labels
        assert labels["db"] == database
        # The values of tags are there once each, and nothing else is.
        assert sorted(v for k, v in labels.items() if k not in ("__name__", "db")) == sorted(tags.values())
        if labels["__name__"] == wanted:
            plain.add((database, wanted))
    assert {database for database, _ in plain} == set(DATABASES)
    metrics = weir.metrics()
    # The four of (m, a.b), (m, c_d), ... in each database: the second of each ASCII pair.
    assert metrics.sum("weir_series_names", form="suffixed") > 2 * 7
    assert metrics.sum("weir_series_names", form="escaped") > 2 * 20
    weir.stop()

    # The same process's successor, and the points in another order.
    weir = weir.start()
    random.Random(20).shuffle(numbered)
    write(weir, numbered, at_ms + 1000)
    weir.wait_delivered(2 * len(numbered), sink=SINK)
    assert series_of_values(prometheus, at_ms + 1000) == first
    assert metrics.sum("weir_series_names", form="suffixed") == weir.metrics().sum(
        "weir_series_names", form="suffixed"
    )


def test_a_damaged_file_of_names_is_set_aside_and_said(prometheus, make_weir):
    weir = make_weir(settings(remote_write_sink(prometheus.url))).start()
    at_ms = int(time.time() * 1000) - 60_000
    weir.client.write(f"m a.b=1,a-b=2 {at_ms * 10**6}", "mydb")
    weir.wait_delivered(1, sink=SINK)
    weir.stop()
    names = weir.directory / "weir-data" / "names"
    damaged = names.read_bytes().replace(b"a-b", b"a?b")
    names.write_bytes(damaged)
    weir = weir.start()
    assert names.with_name("names.damaged").read_bytes() == damaged
    assert "1 of the records in" in weir.log() and "are damaged" in weir.log()
    weir.client.write(f"m a.b=1,a-b=2 {(at_ms + 1000) * 10**6}", "mydb")
    weir.wait_delivered(1, sink=SINK)
    assert len(prometheus.samples('{__name__=~"m_.*"}')) == 2, "each goes on where it was"


@pytest.mark.parametrize("label", ["", "database"])
def test_the_label_of_the_database_may_have_another_name_or_none(prometheus, start_weir, label):
    weir = start_weir(settings(remote_write_sink(prometheus.url, database_label=label)))
    at_ms = int(time.time() * 1000) - 60_000
    weir.client.write(f"m,db=tag v=1 {at_ms * 10**6}", "mydb")
    weir.wait_delivered(1, sink=SINK)
    (labels,) = prometheus.samples("m_v")
    expected = {"__name__": "m_v", "db": "tag", **({label: "mydb"} if label else {})}
    assert dict(labels) == expected


def explained(weir, *words):
    command = [weir.executable, "explain", "--config", str(weir.config_path), *words]
    answer = subprocess.run(
        command, cwd=weir.directory, capture_output=True, text=True, timeout=30, check=False
    )
    assert answer.returncode == 0 and answer.stderr == "", answer
    return answer.stdout


def selector(series):
    """As `weir explain` prints it: {labels of a series}."""
    name, inner = re.fullmatch(r"([^{]*)\{(.*)\}", series).groups()
    labels = dict(re.findall(r'(\w+)="([^"]*)"', inner))
    return frozenset({"__name__": name, **labels}.items())


def test_explain_says_what_prometheus_has(prometheus, start_weir):
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    at_ms = int(time.time() * 1000) - 60_000
    lines = ["m,k.1=a,k-1=b x.y=1,x-y=2", "温度,主机=a 值=3", "m_x y=4"]
    body = "\n".join(f"{line} {at_ms * 10**6}" for line in lines)
    assert weir.client.write(body, "mydb").status == 204
    weir.wait_delivered(len(lines), sink=SINK)
    told = explained(weir, "-d", "mydb", *reversed(lines))
    series = {selector(found) for found in re.findall(r"^    (\S+\{.*?\}) ", told, re.MULTILINE)}
    assert series == set(prometheus.samples('{db="mydb"}'))
    assert told.count("(with a suffix:") == 2 and told.count("(escaped:") == 1


def test_flink_has_the_names_of_its_prometheus_reporter(prometheus, start_weir):
    sink = remote_write_sink(prometheus.url, mapping="flink", drop_labels=["task_attempt_*"])
    weir = start_weir(settings(sink))
    at_ms = int(time.time() * 1000) - 60_000
    tags = r"host=10.0.0.1,job_name=my\ job,task_attempt_id=9f,tm_id=a:1-b"
    scope = "taskmanager_job_task"
    lines = [
        f'{scope}_isBackPressured,{tags} value="true"',
        f'{scope}_checkpointPath,{tags} value="null"',
        f"{scope}_numRecordsIn,{tags} count=7i",
        f"{scope}_numRecordsInPerSecond,{tags} count=7i,rate=0.5",
        f"{scope}_KafkaConsumer_records-lag-max,{tags} value=3",
        f"{scope}_latency,{tags} count=4i,max=9,mean=3,min=1,p50=2,p75=3,p95=4,p98=5,p99=6,p999=7,stddev=1",
    ]
    body = "\n".join(f"{line} {at_ms * 10**6}" for line in lines)
    assert weir.client.write(body, "flink").status == 204
    weir.wait_delivered(len(lines) - 1, sink=SINK)
    common = {"db": "flink", "host": "10_0_0_1", "job_name": "my_job", "tm_id": "a:1_b"}
    stored = {}
    for labels, samples in prometheus.samples('{job_name="my_job"}').items():
        own = dict(labels)
        assert {key: own.pop(key) for key in common} == common
        stored[own.pop("__name__"), own.pop("quantile", "")] = float(samples[-1][1])
        assert own == {}
    prefix = f"flink_{scope}"
    assert stored == {
        (f"{prefix}_isBackPressured", ""): 1,
        (f"{prefix}_numRecordsIn", ""): 7,
        (f"{prefix}_numRecordsInPerSecond", ""): 0.5,
        (f"{prefix}_numRecordsInPerSecond_count", ""): 7,
        (f"{prefix}_KafkaConsumer_records_lag_max", ""): 3,
        (f"{prefix}_latency_count", ""): 4,
        **{
            (f"{prefix}_latency_{name}", ""): value
            for name, value in (("max", 9), ("mean", 3), ("min", 1), ("stddev", 1))
        },
        **{
            (f"{prefix}_latency", quantile): value
            for quantile, value in (("0.5", 2), ("0.75", 3), ("0.95", 4), ("0.98", 5), ("0.99", 6), ("0.999", 7))
        },
    }


def test_numbers_of_several_types_where_prometheus_alone_takes_them(prometheus, start_weir):
    weir = start_weir(settings(remote_write_sink(prometheus.url)))
    at_ms = int(time.time() * 1000) - 60_000
    for step, value in enumerate(("1i", "2.5", "3u", "true")):
        answer = weir.client.write(f"m v={value} {(at_ms + step) * 10**6}", "mydb")
        assert answer.status == 204, answer
    answer = weir.client.write(f'm v="text" {(at_ms + 9) * 10**6}', "mydb")
    assert answer.status == 400 and "field type conflict" in answer.text()
    weir.wait_delivered(4, sink=SINK)
    (samples,) = prometheus.samples("m_v").values()
    assert [float(value) for _, value in samples] == [1, 2.5, 3, 1]


def test_points_that_were_series_get_their_names_back(prometheus, start_weir):
    weir = start_weir(settings(remote_write_sink(prometheus.url, exact_names=["pushgateway", "prom"])))
    at_ms = int(time.time() * 1000) - 60_000
    assert weir.client.write(f"up,job=j,db=x value=1 {at_ms * 10**6}", "pushgateway").status == 204
    assert weir.client.write(f"job:rate,le=+Inf value=2 {at_ms * 10**6}", "prom").status == 204
    assert weir.client.write(f"up,job=j value=3 {at_ms * 10**6}", "mydb").status == 204
    weir.wait_delivered(3, sink=SINK)
    stored = {
        tuple(sorted(labels)): samples[-1][1]
        for labels, samples in prometheus.samples('{__name__=~".+"}').items()
    }
    assert stored == {
        (("__name__", "up"), ("db", "x"), ("job", "j")): "1",
        (("__name__", "job:rate"), ("le", "+Inf")): "2",
        (("__name__", "up_value"), ("db", "mydb"), ("job", "j")): "3",
    }
