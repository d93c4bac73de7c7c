# SPDX-License-Identifier: Apache-2.0
"""weir's parser and a real InfluxDB side by side: README.md says how."""
