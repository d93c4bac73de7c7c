# SPDX-License-Identifier: Apache-2.0
"""MessagePack as InfluxDB writes it: the one form of its answers that tells a float from an
integer and keeps bytes that are not UTF-8. Strings come out as bytes, a float as its 8 bytes."""

import struct


class Float(bytes):
    """The 8 bytes of a float, so that -0.0 and every bit count."""


class Decoder:
    SIZES = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
    COUNTS = {0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4}
    UNSIGNED = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
    SIGNED = {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8}
    SIMPLE = {0xC0: None, 0xC2: False, 0xC3: True}

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        piece = self.data[self.at : self.at + size]
        assert len(piece) == size, "the answer was cut off"
        self.at += size
        return piece

    def number(self, size, signed=False):
        return int.from_bytes(self.take(size), "big", signed=signed)

    def value(self):
        head = self.data[self.at]
        self.at += 1
        if head <= 0x7F:
            return head
        if head >= 0xE0:
            return head - 0x100
        if 0xA0 <= head <= 0xBF:
            return self.take(head & 0x1F)
        if head <= 0x8F:
            return self.map(head & 0x0F)
        if head <= 0x9F:
            return [self.value() for _ in range(head & 0x0F)]
        return self.long(head)

    def long(self, head):
        if head in self.SIMPLE:
            return self.SIMPLE[head]
        if head in self.SIZES:
            return self.take(self.number(self.SIZES[head]))
        if head in self.UNSIGNED:
            return self.number(self.UNSIGNED[head])
        if head in self.SIGNED:
            return self.number(self.SIGNED[head], signed=True)
        if head == 0xCB:
            return Float(self.take(8))
        if head == 0xCA:
            return Float(struct.pack(">d", struct.unpack(">f", self.take(4))[0]))
        assert head in self.COUNTS, f"MessagePack of a kind unknown here: {head:#x}"
        count = self.number(self.COUNTS[head])
        return [self.value() for _ in range(count)] if head <= 0xDD else self.map(count)

    def map(self, count):
        return {self.value(): self.value() for _ in range(count)}


def decode(data):
    decoder = Decoder(data)
    value = decoder.value()
    assert decoder.at == len(data), "more than one value"
    return value
