#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches the servers that weir is tested against as Debian packages and unpacks them below
# build/servers/NAME (fetch.sh [PACKAGE...]: these instead). Nothing is installed, no service is started, and no root is needed.
#
# Besides the C library, of the shared libraries only victoria-metrics needs one: libzstd.so.1
# (libzstd1, which apt itself depends on).
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
servers=$root/build/servers
packages=(influxdb influxdb-client prometheus prometheus-alertmanager prometheus-node-exporter prometheus-pushgateway victoria-metrics)
[[ $# -gt 0 ]] && packages=("$@")

fail() {
  printf 'fetch.sh: %s\n' "$*" >&2
  exit 1
}

# `.complete` is written last: an interrupted run is repeated.
wanted=()
for package in "${packages[@]}"; do
  [[ -e $servers/$package/.complete ]] || wanted+=("$package")
done
if [[ ${#wanted[@]} -eq 0 ]]; then
  echo "The servers are in build/servers already."
  exit 0
fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
  fail "this system has no apt; unpack ${wanted[*]} below $servers/NAME yourself"

mkdir -p "$servers/packages"
cd "$servers/packages"
options=(-q)
[[ $(id -u) -eq 0 ]] && options+=(-o APT::Sandbox::User=root)

download() { apt-get "${options[@]}" download "${wanted[@]}"; }

echo "Downloading ${wanted[*]}"
if ! download; then
  if [[ $(id -u) -eq 0 ]]; then
    apt-get -q update
  elif command -v sudo >/dev/null; then
    sudo apt-get -q update
  fi
  download || fail "apt-get could not download ${wanted[*]}; is there a network, and are they in this distribution?"
fi

for package in "${wanted[@]}"; do
  rm -rf "${servers:?}/$package"
  mkdir -p "$servers/$package"
  archives=("${package}"_*.deb)
  dpkg-deb -x "${archives[-1]}" "$servers/$package"
  touch "$servers/$package/.complete"
  echo "Unpacked ${archives[-1]} to build/servers/$package"
done
