# SPDX-License-Identifier: Apache-2.0
"""What the real Flinks and the recorded requests of Flink have in common: the shipped configuration, and what its reporters send."""
