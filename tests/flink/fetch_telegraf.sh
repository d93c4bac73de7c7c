#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds a Telegraf with the inputs of the kit from its Go module: build/flink/telegraf. Nothing is installed. It takes some minutes,
# once. Where it cannot be had the end is 1.
set -euo pipefail

version=v1.37.2
inputs=(cpu disk diskio kernel_vmstat mem net processes prometheus swap system)
made=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)/build/flink/telegraf

if [[ -x $made/telegraf ]]; then
  echo "build/flink/telegraf is there already."
  exit 0
fi
if ! command -v go >/dev/null; then
  echo "fetch_telegraf.sh: there is no go" >&2
  exit 1
fi
rm -rf "$made"
mkdir -p "$made"
cd "$made"
echo "Building Telegraf $version"
tags=custom,outputs.influxdb
for input in "${inputs[@]}"; do
  tags+=,inputs.$input
done
module=github.com/influxdata/telegraf/cmd/telegraf
if ! {
  go mod init telegraf-of-the-tests && go get "$module@$version" &&
    nice go build -tags "$tags" -ldflags "-s -w" -o telegraf.new "$module"
} >build.log 2>&1; then
  tail -n 5 build.log >&2
  echo "fetch_telegraf.sh: Telegraf could not be built" >&2
  exit 1
fi
mv telegraf.new telegraf
