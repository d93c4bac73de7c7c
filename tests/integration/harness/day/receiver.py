# SPDX-License-Identifier: Apache-2.0
"""The way to a Prometheus, on which requests and answers get lost."""

from ..prometheus import Relay

PROXY_SAID = (b"upstream connect error", b"busy")


class LossyRelay(Relay):
    """Of `lose` requests in a hundred some are stored and answered 502, and others are answered 503 and not passed on.
    What the server itself said is in `said`, what was made up is counted in `made_up`."""

    def __init__(self, target, random, lose=0.0):
        self.random = random
        self.lose = lose
        self.said = []
        self.made_up = {502: 0, 503: 0}
        super().__init__(target)

    def _forward(self, request):
        chance = self.random.random() * 100
        if chance < self.lose / 2:
            self.made_up[503] += 1
            return 503, PROXY_SAID[1], {}
        status, text, headers = super()._forward(request)
        self.said.append((status, text))
        if chance < self.lose:
            self.made_up[502] += 1
            return 502, PROXY_SAID[0], {}
        return status, text, headers
