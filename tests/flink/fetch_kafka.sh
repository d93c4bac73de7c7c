#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches from Maven what a Flink needs to read and write a Kafka: a broker (build/flink/kafka), and the connector for this Flink
# (build/flink/VERSION/kafka). Nothing is installed. Where they cannot be had the end is 1.
set -euo pipefail

version=$1
case $version in
  1.20.*) connector=org.apache.flink:flink-connector-kafka:3.4.0-1.20 ;;
  2.*) connector=org.apache.flink:flink-connector-kafka:4.0.1-2.0 ;;
  *)
    echo "fetch_kafka.sh: no connector is known for Flink $version" >&2
    exit 1
    ;;
esac
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
"$root/tests/servers/maven.sh" "$root/build/flink/kafka" org.apache.kafka:kafka_2.13:3.9.1
"$root/tests/servers/maven.sh" "$root/build/flink/$version/kafka" "$connector" "org.apache.flink:flink-connector-base:$version"
