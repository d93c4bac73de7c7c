# SPDX-License-Identifier: Apache-2.0
"""The laws of conservation hold in every single scrape, while points stream in and out."""

import socket
import threading

from harness.settings import file_sink, null_sink, settings, table

T = 1_600_000_000_000_000_000
SCRAPES = 200


def body(number):
    """Good lines, lines that do not parse, lines that a rule drops, lines beyond retention."""
    return "\n".join(
        [
            f"m,t=a f={number}i {T + number}",
            f"m,t=b f={number}i {T + number}",
            "m f= 1",
            f"secret f=1 {T + number}",
            "old f=1 1000000000000000000" * (number % 2),
            f"m,t=c f={number}i {T + number}\r",
        ]
    )


def sums_by(metrics, name, label):
    found = {}
    for labels, value in metrics.matching(name):
        found[labels[label]] = found.get(labels[label], 0) + value
    return found


def check_law(metrics, label, whole, parts):
    """For each value of `label`, `whole` is the sum of `parts`."""
    parts = [sums_by(metrics, part, label) for part in parts]
    for key, value in sums_by(metrics, whole, label).items():
        assert value == sum(part.get(key, 0) for part in parts), (whole, key)


def check_laws(metrics):
    for prefix, label in [("weir_lines", "database"), ("weir_source_lines", "agent")]:
        fates = [f"{prefix}_{fate}_total" for fate in ("accepted", "rejected", "dropped")]
        check_law(metrics, label, f"{prefix}_received_total", fates)
    udp = ["weir_udp_taken_datagrams_total", "weir_udp_dropped_datagrams_total"]
    check_law(metrics, "listen", "weir_udp_datagrams_total", udp)
    fates = ["delivered_points_total", "discarded_points_total", "pending_points"]
    fates = [f"weir_sink_{fate}" for fate in fates]
    check_law(metrics, "sink", "weir_sink_accepted_points_total", fates)


def test_every_scrape_adds_up(start_weir):
    base = settings(
        null_sink(),
        file_sink(),
        databases={"*": {"retention": "7300d"}},
        http={"loops": 4},
    )
    rule = {"name": "secrets", "action": "drop", "measurement": "secret"}
    udp = {"listen": "127.0.0.1:0", "database": "udp", "datagram_limit": "1KiB"}
    weir = start_weir("\n".join([base, table("[[rule]]", rule), table("[[udp]]", udp)]))
    over = threading.Event()

    def write(name):
        connection = weir.client.connect()
        number = 0
        while not over.is_set():
            number += 1
            params = {"accept_partial": "false"} if number % 3 == 0 else {}
            agent = {"User-Agent": f"{name}/1"}
            weir.client.write(body(number), f"db{number % 2}", agent, connection, **params)
        connection.close()

    def send():
        host, port = weir.announced["udp"][0].rsplit(":", 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect((host, int(port)))
            number = 0
            while not over.is_set():
                number += 1
                sender.send(body(number).encode() if number % 5 else b"x" * 2000)

    threads = [threading.Thread(target=write, args=(f"w{n}",), daemon=True) for n in range(3)]
    threads.append(threading.Thread(target=send, daemon=True))
    for thread in threads:
        thread.start()
    try:
        for _ in range(SCRAPES):
            metrics = weir.metrics()
            check_laws(metrics)
    finally:
        over.set()
        for thread in threads:
            thread.join(20)
    for name in (
        "weir_lines_accepted_total",
        "weir_lines_rejected_total",
        "weir_lines_dropped_total",
        "weir_udp_taken_datagrams_total",
        "weir_udp_dropped_datagrams_total",
        "weir_sink_delivered_points_total",
    ):
        assert metrics.sum(name) > 0, name
