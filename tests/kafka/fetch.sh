#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches from Maven the Kafka that weir is tested against: broker, its tools, and what writes its messages (build/kafka).
# Nothing is installed. Where it cannot be had the end is 1.
set -euo pipefail

version=4.1.1
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
if ! command -v java >/dev/null; then
  echo "fetch.sh: there is no java; default-jre-headless has it" >&2
  exit 1
fi
"$root/tests/servers/maven.sh" "$root/build/kafka" \
  "org.apache.kafka:kafka_2.13:$version" "org.apache.kafka:kafka-tools:$version" org.slf4j:slf4j-simple:1.7.36
