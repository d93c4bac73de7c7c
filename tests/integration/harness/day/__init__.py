# SPDX-License-Identifier: Apache-2.0
"""A day of a Flink cluster in a minute: what reports, what the rules admit of it, and the server that takes it."""
