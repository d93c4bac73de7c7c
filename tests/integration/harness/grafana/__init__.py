# SPDX-License-Identifier: Apache-2.0
"""The dashboards of conf/kit/grafana as Grafana would show them: read, their variables and macros replaced as Grafana replaces them,
and their queries sent to the servers' own APIs. Grafana itself is in no Debian."""
