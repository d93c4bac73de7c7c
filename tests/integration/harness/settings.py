# SPDX-License-Identifier: Apache-2.0
"""Weir's configuration as the tests write it: free ports, own directories, short batches."""

import json
import os


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value)  # numbers, texts and lists of texts are spelled alike


def table(name, keys):
    return "".join([f"{name}\n", *(f"{key} = {toml(value)}\n" for key, value in keys.items())])


def settings(*sinks, databases=None, **tables):
    """settings(influx_sink(url), log={"keep": "1MiB"}) gives the text of a weir.toml."""
    tables["http"] = {"listen": ["127.0.0.1:0"], "loops": 2, **tables.get("http", {})}
    parts = [table(f"[{name}]", keys) for name, keys in tables.items()]
    parts += [table(f'[database."{name}"]', keys) for name, keys in (databases or {}).items()]
    parts += [table("[[sink]]", sink) for sink in sinks]
    return "\n".join(parts)


def influx_sink(url, name="influx", **keys):
    defaults = {
        "name": name,
        "type": "influxdb",
        "url": url,
        "batch.age": "20ms",
        "retry_least": "20ms",
        "retry_most": "300ms",
    }
    return {**defaults, **keys}


def remote_write_sink(url, name="prometheus", **keys):
    """Of the protocol's version WEIR_REMOTE_WRITE (1), where `version` is not said."""
    version = int(os.environ.get("WEIR_REMOTE_WRITE", "1"))
    return influx_sink(url, name, **{"type": "remote_write", "version": version, **keys})


def file_sink(name="lines", directory="lines", **keys):
    return {
        "name": name,
        "type": "file",
        "directory": directory,
        "batch.age": "20ms",
        "rotate": "1GiB",
        **keys,
    }


def null_sink(name="nowhere", **keys):
    return {"name": name, "type": "null", "batch.age": "20ms", **keys}
