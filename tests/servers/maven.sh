#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# maven.sh FOLDER GROUP:ARTIFACT:VERSION...: fetches these and what they need at run time from Maven into FOLDER. Nothing is
# installed. Where they cannot be had the end is 1.
set -euo pipefail

folder=$1
shift

# `.complete` is written last: an interrupted run is repeated. It says of what: a new version is fetched.
if [[ -e $folder/.complete && $(<"$folder/.complete") == "$*" ]]; then
  exit 0
fi
if ! command -v mvn >/dev/null; then
  echo "maven.sh: there is no mvn; maven has it" >&2
  exit 1
fi
rm -rf "$folder"
mkdir -p "$folder"
{
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
  echo '<groupId>fetched</groupId><artifactId>fetched</artifactId><version>1</version><dependencies>'
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
  echo "maven.sh: $* could not be downloaded" >&2
  exit 1
fi
echo "$*" >"$folder/.complete"
