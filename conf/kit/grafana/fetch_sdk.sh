#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts Grafana's schema (requirements.txt) into build/grafana-sdk, for build.py. Nothing is installed. Where it cannot be had the end
# is 1. build/grafana-sdk/.complete is a copy of requirements.txt: another version is fetched anew.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
made=$(cd -- "$here/../../.." && pwd)/build/grafana-sdk

if cmp -s "$here/requirements.txt" "$made/.complete"; then
  echo "Grafana's schema is in build/grafana-sdk already."
  exit 0
fi
rm -rf "$made"
mkdir -p "$made"
echo "Downloading Grafana's schema"
if ! /usr/bin/python3 -m pip install --quiet --no-deps --target "$made" --requirement "$here/requirements.txt" \
  >"$made/download.log" 2>&1; then
  tail -n 5 "$made/download.log" >&2
  echo "fetch_sdk.sh: Grafana's schema could not be downloaded" >&2
  exit 1
fi
cp "$here/requirements.txt" "$made/.complete"
