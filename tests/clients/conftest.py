# SPDX-License-Identifier: Apache-2.0
"""All fixtures are the integration tests'."""

from harness.fixtures import *  # noqa: F403
