#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/clients.md of what `./dev clients` saw; every client must have been run, or skipped."""

import sys

from suite import page, results
from suite.catalogue import CLIENTS

seen = results.all_seen()
lacking = [client.name for client in CLIENTS if client.name not in seen]
if lacking:
    sys.exit(f"no result of {', '.join(lacking)}: run ./dev clients first")
page.PAGE.write_text(page.render(seen))
print(f"wrote {page.PAGE}")
