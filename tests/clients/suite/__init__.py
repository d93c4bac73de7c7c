# SPDX-License-Identifier: Apache-2.0
"""Client libraries and programs, unmodified and from their registries, against weir with a real InfluxDB behind."""
