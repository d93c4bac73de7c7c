#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds a current Prometheus, which Debian does not have, as the Go module that it is: build/judges/prometheus. It takes
# about five minutes of two cores once; where there is no Go, or no module proxy, nothing is made and the end is 1.
set -euo pipefail

version=v0.316.0 # of the module, which is 3.16
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
made=$root/build/judges

if [[ -x $made/prometheus && $(cat "$made/version" 2>/dev/null) == "$version" ]]; then
  echo "build/judges/prometheus is $version already."
  exit 0
fi
command -v go >/dev/null || {
  echo "prometheus_3.sh: there is no go; a Prometheus 3 cannot be built" >&2
  exit 1
}
mkdir -p "$made/module"
cd "$made/module"
rm -f go.mod go.sum
go mod init judges 2>/dev/null
package=github.com/prometheus/prometheus/cmd/prometheus
echo "Building $package $version (some minutes); the log is build/judges/build.log"
if ! { nice go get "$package@$version" && nice go build -trimpath -ldflags="-s -w" -o "$made/prometheus.new" "$package"; } \
  >"$made/build.log" 2>&1; then
  tail -n 20 "$made/build.log" >&2
  echo "prometheus_3.sh: it could not be built" >&2
  exit 1
fi
mv "$made/prometheus.new" "$made/prometheus" # the marker comes last: an interrupted run is repeated
echo "$version" >"$made/version"
