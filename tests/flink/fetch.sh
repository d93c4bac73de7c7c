#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches a Flink from PyPI, whose apache-flink-libraries has the whole distribution, and unpacks what its processes and both reporters
# need: build/flink/VERSION/lib and plugins. Nothing is installed. Where it cannot be had the end is 1.
set -euo pipefail

version=$1
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
made=$root/build/flink/$version

# `.complete` is written last: an interrupted run is repeated.
if [[ -e $made/.complete ]]; then
  echo "build/flink/$version is there already."
  exit 0
fi
rm -rf "$made"
mkdir -p "$made/archive"
echo "Downloading Flink $version (some 300 MB)"
if ! /usr/bin/python3 -m pip download --quiet --no-deps --dest "$made/archive" "apache-flink-libraries==$version" \
  >"$made/download.log" 2>&1; then
  tail -n 5 "$made/download.log" >&2
  echo "fetch.sh: Flink $version could not be downloaded" >&2
  exit 1
fi
/usr/bin/python3 - "$made" <<'PYTHON'
import pathlib, re, shutil, sys, tarfile, zipfile

made = pathlib.Path(sys.argv[1])
wanted = re.compile(r".*?((?:lib/(?:flink-dist|log4j)-[^/]*|plugins/metrics-(?:influx|prometheus)/[^/]*)\.jar)")


def put(name, source):
    place = made / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place, "wb") as out:
        shutil.copyfileobj(source, out)


(archive,) = (made / "archive").iterdir()
if archive.suffix == ".whl":
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            if found := wanted.fullmatch(name):
                put(found.group(1), packed.open(name))
else:
    with tarfile.open(archive) as packed:
        for member in packed:
            if member.isfile() and (found := wanted.fullmatch(member.name)):
                put(found.group(1), packed.extractfile(member))
PYTHON
rm -rf "$made/archive"
touch "$made/.complete"
