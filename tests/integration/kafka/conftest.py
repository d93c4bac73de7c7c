# SPDX-License-Identifier: Apache-2.0
"""A played Kafka with the topics of a log, of as many partitions as the test's module says (SHARDS), and a server behind."""

import pytest

from harness.kafka.fleet import topics_of
from harness.recorder import Recorder


@pytest.fixture
def brokers(start_mock_brokers, request):
    return start_mock_brokers(**topics_of(request.module.SHARDS))


@pytest.fixture
def recorder():
    made = Recorder({"good"})
    yield made
    made.stop()
