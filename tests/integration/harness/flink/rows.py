# SPDX-License-Identifier: Apache-2.0
"""What an InfluxDB has of Flink's points, beside what it should have."""

from .reports import through_flink_gauges


def rows_of(influxd, database):
    """{(measurement, tags, time in ns): its values}."""
    found = {}
    for measurement in influxd.rows("SHOW MEASUREMENTS", database):
        # One by one: over several, InfluxDB shows the fields of one type alone.
        for series in influxd.query(f'SELECT * FROM "{measurement["name"]}" GROUP BY *', database):
            tags = frozenset((key, value) for key, value in series["tags"].items() if value)
            for at, *values in series["values"]:
                found[series["name"], tags, at] = [value for value in values if value is not None]
    return found


def expected_rows(points):
    """The same of what InfluxdbReporter sent, with flink_gauges and types = "rename"."""
    return {(point.measurement, frozenset(point.tags.items()), point.at * 1_000_000): list(fields.values())
            for point in points if (fields := through_flink_gauges(point))}


def comparable(values):
    """Equal for equal values: 0 is 0.0, and neither is false."""
    return sorted((isinstance(value, bool), str(value) if isinstance(value, str) else float(value)) for value in values)


def must_have(rows, expected):
    """Every expected row is there with its values."""
    missing = expected.keys() - rows.keys()
    assert not missing, f"{len(missing)} points are missing, such as {next(iter(missing))}"
    wrong = [(key, values, rows[key]) for key, values in expected.items() if comparable(values) != comparable(rows[key])]
    assert not wrong, f"{len(wrong)} points have other values, such as {wrong[0]}"
