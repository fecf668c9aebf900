#!/usr/bin/env bash
# Builds the benchmarks, runs them and writes their output into docs/performance.md.
#
#   scripts/bench.sh [--no-install] [SECTION...]     e.g. scripts/bench.sh malloc; all without SECTION
#
# Each executable tests/bench/sections/NN_NAME.* gets the build folder and prints one section, with
# its heading first. It exits with 1 if a bar is missed; so does this script.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/install_dependencies.sh

install_option=() wanted=()
for argument in "$@"; do
  case "$argument" in
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --no-install) install_option=(--no-install) ;;
    *) wanted+=("$argument") ;;
  esac
done
install_dependencies "${install_option[@]}" build test demo bench ui

build=build/release
mkdir -p build docs
cmake --preset release >build/bench.configure.log 2>&1 || { cat build/bench.configure.log; exit 1; }
cmake --build --preset release --target pprof_benches >build/bench.build.log 2>&1 || { tail -50 build/bench.build.log; exit 1; }

is_wanted() {
  local name
  [[ ${#wanted[@]} -eq 0 ]] && return 0
  for name in "${wanted[@]}"; do [[ "$1" == *"_$name".* ]] && return 0; done
  return 1
}

# Place and time of a measurement; each section has its own, since they may be of different days.
measured() {
  cat <<TEXT

Measured on $(date -u +%Y-%m-%d) at commit $(git rev-parse --short HEAD), load $(cut -d' ' -f1 /proc/loadavg) before:
$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) CPUs; $(. /etc/os-release && echo "$PRETTY_NAME"), $(c++ --version | head -1), $(ldd --version | head -1 | sed 's/^ldd //').
\`scripts/bench.sh $1\`
TEXT
}

printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
status=0
for section in tests/bench/sections/*; do
  [[ -x "$section" ]] && is_wanted "$section" || continue
  name=$(basename "${section%.*}")
  echo "bench.sh: $section" >&2
  when=$(measured "${name#*_}")
  "$section" "$build" >"$printed" || { echo "bench.sh: $section: a bar is missed, or it failed" >&2; status=1; }
  { cat "$printed"; echo "$when"; } | tee /dev/stderr | scripts/write_section.py docs/performance.md "$name"
done
exit "$status"
