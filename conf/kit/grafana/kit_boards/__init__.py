# SPDX-License-Identifier: Apache-2.0
"""The dashboards of the kit. Each is described once, in a file of its own (all_boards.py lists them): its panels ask for metrics
(metrics.py), which the back ends (back_ends.py) spell as PromQL or as InfluxQL, and paint.py gives it Grafana's form."""
