#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches from Maven what a Flink needs to read and write a Kafka: a broker (build/flink/kafka), and the connector for this Flink
# (build/flink/VERSION/kafka). Nothing is installed. Where they cannot be had the end is 1.
set -euo pipefail

version=$1
broker=org.apache.kafka:kafka_2.13:3.9.1
case $version in
  1.20.*) connector=org.apache.flink:flink-connector-kafka:3.4.0-1.20 ;;
  2.*) connector=org.apache.flink:flink-connector-kafka:4.0.1-2.0 ;;
  *)
    echo "fetch_kafka.sh: no connector is known for Flink $version" >&2
    exit 1
    ;;
esac
made=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)/build/flink

if ! command -v mvn >/dev/null; then
  echo "fetch_kafka.sh: there is no mvn; maven has it" >&2
  exit 1
fi

fetch() { # FOLDER GROUP:ARTIFACT:VERSION...
  local folder=$made/$1 coordinates parts
  shift
  # `.complete` is written last: an interrupted run is repeated.
  if [[ -e $folder/.complete ]]; then
    return
  fi
  rm -rf "$folder"
  mkdir -p "$folder"
  {
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>kafka</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>'
    for coordinates in "$@"; do
      IFS=: read -ra parts <<<"$coordinates"
      printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n' "${parts[@]}"
    done
    echo '</dependencies></project>'
  } >"$folder/pom.xml"
  echo "Downloading $*"
  if ! mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder" -DincludeScope=runtime \
    >"$folder/download.log" 2>&1; then
    tail -n 5 "$folder/download.log" >&2
    echo "fetch_kafka.sh: $* could not be downloaded" >&2
    exit 1
  fi
  touch "$folder/.complete"
}

fetch kafka "$broker"
fetch "$version/kafka" "$connector" "org.apache.flink:flink-connector-base:$version"
