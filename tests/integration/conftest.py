# SPDX-License-Identifier: Apache-2.0
"""All fixtures are harness/fixtures.py's, which other suites share."""

from harness.fixtures import *  # noqa: F403
