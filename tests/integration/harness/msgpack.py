# SPDX-License-Identifier: Apache-2.0
"""MessagePack, as much of it as InfluxDB's answers have."""


def unpack(data):
    """The one value that the bytes are."""
    value, at = take(data, 0)
    assert at == len(data), f"{len(data) - at} bytes follow"
    return value


def take(data, at):
    tag = data[at]
    at += 1
    if tag < 0x80:
        return tag, at
    if tag < 0x90:
        return take_map(data, at, tag & 0x0F)
    if tag < 0xA0:
        return take_list(data, at, tag & 0x0F)
    if tag < 0xC0:
        return take_text(data, at, tag & 0x1F)
    if tag in (0xC2, 0xC3):
        return tag == 0xC3, at
    taker, size = {
        0xD9: (take_text, 1),
        0xDA: (take_text, 2),
        0xDB: (take_text, 4),
        0xDC: (take_list, 2),
        0xDD: (take_list, 4),
    }[tag]
    return taker(data, at + size, int.from_bytes(data[at : at + size], "big"))


def take_text(data, at, length):
    return data[at : at + length].decode(), at + length


def take_list(data, at, count):
    values = []
    for _ in range(count):
        value, at = take(data, at)
        values.append(value)
    return values, at


def take_map(data, at, count):
    values = {}
    for _ in range(count):
        name, at = take(data, at)
        values[name], at = take(data, at)
    return values, at
