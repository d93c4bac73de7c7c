# SPDX-License-Identifier: Apache-2.0
"""What the runs taught of clients, by their name in the catalogue, and a user had better know."""

WAITS = "After a 503 it waits the 30 s that weir names (`Retry-After`)."

NOTES = {
    "subscription": "What weir does not take it drops, and counts in its own statistics alone (`writeFailures`).",
    "icinga": "What weir does not take it drops; its own log says so.",
    "collectd": "It writes milliseconds: the `[[udp]]` needs `precision = \"ms\"`. UDP loses what nobody reads.",
    "python-client-batching": WAITS,
    "go-v2-batching": f"{WAITS} It tries again only when there is something new to write, and `Flush` drops what fails then: "
    "it is for the end alone.",
    "node-influx": "After a 503 it writes nothing for up to 10 s (`No host available`).",
    "java-v2-batching": f"{WAITS} `close()` gives up what is on its way.",
    "telegraf": "What weir refuses (400) it drops and logs; the good lines of the batch are stored.",
    "telegraf-v2": WAITS,
    "micrometer": "What could not be written is in the log alone; the next step writes the next values.",
    "rust-v1": "Of a refusal its user sees the status alone, not the words.",
}
