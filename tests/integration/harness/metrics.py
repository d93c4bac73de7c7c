# SPDX-License-Identifier: Apache-2.0
"""Prometheus' text format, as much of it as a test wants to ask about."""

import re

SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,|$)')
ESCAPES = {"\\\\": "\\", '\\"': '"', "\\n": "\n"}


def unescape(text):
    return re.sub(r'\\[\\"n]', lambda found: ESCAPES[found.group(0)], text)


class Metrics:
    def __init__(self, text):
        self.samples = []  # (name, labels, value)
        for line in text.splitlines():
            if not line or line.startswith("#"):
                continue
            found = SAMPLE.match(line)
            assert found, f"not a sample: {line!r}"
            labels = found.group(2) or ""
            assert LABEL.sub("", labels) == "", f"labels that cannot be read: {line!r}"
            pairs = {name: unescape(value) for name, value in LABEL.findall(labels)}
            self.samples.append((found.group(1), pairs, float(found.group(3))))

    def matching(self, name, **labels):
        return [
            (its_labels, value)
            for its_name, its_labels, value in self.samples
            if its_name == name and all(its_labels.get(key) == labels[key] for key in labels)
        ]

    def sum(self, name, **labels):
        """Over all samples that have these labels; 0 when there is none."""
        return sum(value for _, value in self.matching(name, **labels))

    def one(self, name, **labels):
        found = self.matching(name, **labels)
        assert len(found) == 1, f"{name}{labels}: {len(found)} samples"
        return found[0][1]

    def names(self):
        return {name for name, _, _ in self.samples}
