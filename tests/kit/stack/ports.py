# SPDX-License-Identifier: Apache-2.0
"""Which ports the kit's programs get on loopback: their usual ones where these are free, so that addresses are the documented ones;
else, and in tests, any."""

import random
import socket

USUAL = {"weir": 8086, "influxdb": 8087, "influxdb_rpc": 8088, "prometheus": 9090, "alertmanager": 9093, "alerts": 9095, "node": 9100}
# Below those that a system gives to who asks for any: nobody else gets one between this and the program's start.
OTHERS = range(20000, 32000)


def is_free(port):
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


def choose(any_ports):
    """{program: port}, and the programs that did not get their usual one although they should."""
    chosen, displaced = {}, []
    for name, port in USUAL.items():
        if any_ports or not is_free(port):
            if not any_ports:
                displaced.append(name)
            while (port := random.choice(OTHERS)) in chosen.values() or not is_free(port):
                pass
        chosen[name] = port
    return chosen, displaced
