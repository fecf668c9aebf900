#!/usr/bin/env bash
# The soak test: the demo under steady load, all profiles fetched in a loop by four clients, and
# hostile clients. Prints a Markdown table; exits with 1 if a bar is missed.
#
#   scripts/soak.sh [--no-install] [--minutes 30] [--keep DIR]
#
# Takes a third longer than that, or 3 minutes: before the storm the demo is measured while one heap
# profile is fetched every 10 s. "Without the module" is demo_app_plain, the same sources without
# pprof-cpp on Debian's tcmalloc. --keep writes all measurements to DIR as CSV and JSON files.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
source scripts/install_dependencies.sh
source scripts/pprof_tool.sh

install_option=() minutes=30 keep=""
while [[ $# -gt 0 ]]; do
  case "$1" in
    -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --no-install) install_option=(--no-install) ;;
    --minutes) minutes=${2:?--minutes needs a number}; shift ;;
    --keep) keep=${2:?--keep needs a folder}; shift ;;
    *) echo "soak.sh: unknown option $1; see --help" >&2; exit 2 ;;
  esac
  shift
done

install_dependencies "${install_option[@]}" build test demo bench
pprof=$(pprof_tool) || { echo "soak.sh: go tool pprof does not work here" >&2; exit 1; }

build=build/release
mkdir -p build
{ cmake --preset release && cmake --build --preset release --target pprof_soak; } >build/soak.build.log 2>&1 ||
  { tail -50 build/soak.build.log >&2; echo "soak.sh: building failed" >&2; exit 1; }

if [[ -n "$keep" ]]; then
  mkdir -p "$keep"
else
  keep=$(mktemp -d)
  trap 'rm -rf "$keep"' EXIT
fi
python3 -B tests/soak/soak.py "$build" "$pprof" "$minutes" "$keep"
