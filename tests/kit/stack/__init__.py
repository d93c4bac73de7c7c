# SPDX-License-Identifier: Apache-2.0
"""The kit's programs, started together; and what its tests ask of them."""
