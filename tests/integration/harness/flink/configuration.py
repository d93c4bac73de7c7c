# SPDX-License-Identifier: Apache-2.0
"""conf/flink as it is shipped, with this machine's addresses in the place of those that it names."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[4]
SHIPPED = ROOT / "conf" / "flink"


def replaced(text, *pairs):
    """Each old text is there, and becomes the new one."""
    for old, new in pairs:
        assert old in text, f"{old} is not in the configuration"
        text = text.replace(old, new)
    return text


def reporters(file_name, port):
    """Both reporters, for weir at this port and with a report a second."""
    return replaced((SHIPPED / file_name).read_text(), ("8086", str(port)), ("10 SECONDS", "1 SECONDS"))


def weir_settings(influxdb, prometheus):
    """weir's configuration in front of servers at these addresses."""
    return replaced((SHIPPED / "weir.toml").read_text(), ("127.0.0.1:8086", "127.0.0.1:0"), ("http://127.0.0.1:8087", influxdb),
                    ("http://127.0.0.1:9090/api/v1/write", prometheus))


def without_comments(file_name):
    lines = (SHIPPED / file_name).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]
