# SPDX-License-Identifier: Apache-2.0
"""All fixtures are the integration tests', and those that ask the programs of conf/kit."""

from harness.fixtures import *  # noqa: F403
