# SPDX-License-Identifier: Apache-2.0
"""All dashboards, in the order in which their links are shown."""

from .flink_cluster import CLUSTER
from .flink_io import SOURCES_AND_SINKS
from .flink_job import JOB
from .hosts import NODES, TELEGRAF
from .weir_board import WEIR

BOARDS = [CLUSTER, JOB, SOURCES_AND_SINKS, NODES, TELEGRAF, WEIR]
