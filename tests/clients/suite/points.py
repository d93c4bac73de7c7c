# SPDX-License-Identifier: Apache-2.0
"""The points that clients write: number N is known by its time, and each has a field of every type and tags that
need escapes. The drivers in programs/ make the same ones."""

T = 1_700_000_000_000_000_000
STEP = 1_000_000  # whole milliseconds: some clients have nothing finer
PLACE = "a b,c=d é"
MEASUREMENT = "points"


def expected(number):
    return {
        "time": T + number * STEP,
        "host": f"h{number % 10}",
        "place": PLACE,
        "float": number + 0.5,
        "integer": number,
        "boolean": number % 2 == 0,
        "string": f'say "{number}", a=b \\ é',
    }


def as_gauge(number, tag):
    """What libraries of metrics write, whose times are their own; the tag has the number."""
    return {tag: str(number), "value": number + 0.5}


def differences(rows, numbers, gauges=None):
    """What of the rows of `SELECT *` is not exactly these points, the first few; `gauges`: they are gauges, with that tag."""
    key = gauges or "time"
    wanted = {}
    for number in numbers:
        point = as_gauge(number, gauges) if gauges else expected(number)
        wanted[point[key]] = point
    found = {}
    for row in rows:
        point = {name: value for name, value in row.items() if value is not None}
        if gauges:
            point = {gauges: point.get(gauges), "value": point.get("value")}
        if point[key] in found:
            return [f"twice: {row}"]
        found[point[key]] = point
    wrong = [f"missing: {wanted[at]}" for at in wanted if at not in found]
    wrong += [f"nobody wrote: {found[at]}" for at in found if at not in wanted]
    wrong += [f"{found[at]} is not {wanted[at]}" for at in wanted if at in found and found[at] != wanted[at]]
    return wrong[:5]
