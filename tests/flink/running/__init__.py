# SPDX-License-Identifier: Apache-2.0
"""A real Flink, the wire between it and weir, and what was said on it."""
