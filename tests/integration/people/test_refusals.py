# SPDX-License-Identifier: Apache-2.0
"""What the journal says of rejected lines: one line a minute, whatever comes, and none for nothing."""

import socket

from harness.process import wait_until
from harness.settings import file_sink, settings, table

T = 1_600_000_000_000_000_000


def told(weir, kind):
    return [line for line in weir.log().splitlines() if f" {kind}: " in line and "rejected" in line]


def test_rejected_lines_are_told_once_a_minute(start_weir):
    udp = {"listen": "127.0.0.1:0", "database": "udp"}
    weir = start_weir("\n".join([settings(file_sink()), table("[[udp]]", udp)]))
    agent = {"User-Agent": "Telegraf/1.39.3"}
    assert weir.client.write(f"good f=1 {T}", "mydb").status == 204
    for _ in range(50):
        body = f"cpu,host= usage=1\ncpu,host= usage=2\ncpu\ngood f=1 {T}"
        assert weir.client.write(body, "mydb", agent, u="ann", p="secret").status == 400
    wait_until(lambda: told(weir, "http"), what="the summary", alive=weir.must_be_alive)
    host, port = weir.announced["udp"][0].rsplit(":", 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"bad", (host, int(port)))
        wait_until(lambda: told(weir, "udp"), what="the summary of UDP")
        sender.sendto(b"bad", (host, int(port)))
    # More of both, and the time in which another line would come: that there is none is the test.
    for _ in range(20):
        assert weir.client.write("cpu", "mydb", agent).status == 400
    weir.stop()
    (line,) = told(weir, "http")
    assert 'from 127.0.0.1, user "ann", Telegraf/1.39.3; mostly missing_tag_value (' in line
    assert "3 line(s) of 1 request(s) rejected, 3 from 127.0.0.1" in line  # the first, at once
    assert "such as 'cpu,host= usage=1': missing tag value" in line
    assert "secret" not in line
    (line,) = told(weir, "udp")
    assert "1 line(s) of 1 batch(es) of datagrams rejected, 1 from 127.0.0.1; missing_fields (1)" in line


def test_nothing_rejected_is_nothing_told(start_weir):
    weir = start_weir(settings(file_sink()))
    assert weir.client.write(f"good f=1 {T}", "mydb").status == 204
    weir.stop()
    assert not [line for line in weir.log().splitlines() if "rejected" in line and "configuration" not in line]
