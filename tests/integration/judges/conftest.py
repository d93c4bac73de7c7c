# SPDX-License-Identifier: Apache-2.0
"""A weir that sends to a receiver which decodes all by itself."""

import pytest

from harness.remote_write import Receiver
from harness.settings import remote_write_sink, settings


@pytest.fixture(params=[1, 2], ids=["v1", "v2"])
def version(request):
    return request.param


@pytest.fixture
def receive():
    """receive(answer) gives a receiver."""
    made = []

    def start(answer=None):
        made.append(Receiver(answer))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.fixture
def start_sender(start_weir):
    """A weir whose only sink is the receiver. Pushed series keep their names and have no label of a database."""

    def start(receiver, version, push=None, **keys):
        keys = {"exact_names": ["pushgateway", "exact"], "stale_after": "off", "version": version, **keys}
        return start_weir(settings(remote_write_sink(receiver.url, **keys), push=push or {}))

    return start
