# SPDX-License-Identifier: Apache-2.0
"""All fixtures are those of the integration tests. Without the Kafka that ./dev kafka fetches every test is skipped."""

from harness.fixtures import *  # noqa: F403
