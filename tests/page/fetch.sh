#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches axe-core, which finds faults of accessibility, from the registry of npm (or, without npm, of pip, whose package
# holds the same script) and unpacks it below build/page/axe. Nothing is installed.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
folder=$root/build/page/axe
version=4.10.3

[[ -e $folder/.complete ]] && exit 0
rm -rf "$folder"
mkdir -p "$folder/package"
cd "$folder"

by_npm() {
  command -v npm >/dev/null && npm pack --silent "axe-core@$version" >/dev/null && tar -xzf axe-core-*.tgz package/axe.min.js
}

by_pip() {
  /usr/bin/python3 -m pip download --quiet --no-deps --no-binary :none: axe-core-python==0.1.0 &&
    /usr/bin/python3 - <<'PYTHON'
import glob
import zipfile

with zipfile.ZipFile(glob.glob("axe_core_python-*.whl")[0]) as archive:
    name = next(each for each in archive.namelist() if each.endswith("axe.min.js"))
    open("package/axe.min.js", "wb").write(archive.read(name))
PYTHON
}

echo "Fetching axe-core"
by_npm || by_pip || {
  echo "fetch.sh: axe-core could be had neither from npm nor by pip" >&2
  exit 1
}
touch .complete
