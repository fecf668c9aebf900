#!/usr/bin/env bash
# Builds the benches, runs them all and writes docs/performance.md.
#
#   scripts/bench.sh [--no-install] [SECTION...]     e.g. scripts/bench.sh malloc
#
# Every executable tests/bench/sections/NN_NAME.* gets the build folder as its argument and prints one
# section of the document, "## ..." first. It ends with 1 when a bar is missed; so does this script.
# With SECTION only those are run and printed, and the document stays as it is.
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
install_dependencies "${install_option[@]}" build test bench

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

head_of_document() {
  cat <<TEXT
# Performance

Written by \`scripts/bench.sh\` on $(date -u +%Y-%m-%d) at commit $(git rev-parse --short HEAD). Each
number stands beside its command; the programs are in \`$build/tests/bench/\`. Ratios are to be
trusted before absolute times.

Machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) CPUs, load $(cut -d' ' -f1 /proc/loadavg) at the
start; $(. /etc/os-release && echo "$PRETTY_NAME"), $(c++ --version | head -1), $(ldd --version | head -1 | sed 's/^ldd //').
TEXT
}

document=$(mktemp)
trap 'rm -f "$document"' EXIT
head_of_document >"$document"
status=0
for section in tests/bench/sections/*; do
  [[ -x "$section" ]] && is_wanted "$section" || continue
  echo "bench.sh: $section" >&2
  { echo; "$section" "$build"; } >>"$document" || { echo "bench.sh: $section: a bar is missed, or it failed" >&2; status=1; }
done
if [[ ${#wanted[@]} -eq 0 ]]; then
  cp "$document" docs/performance.md
  echo "bench.sh: wrote docs/performance.md" >&2
else
  cat "$document"
fi
exit "$status"
