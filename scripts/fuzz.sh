#!/usr/bin/env bash
# Builds the libFuzzer targets with clang and runs each for a while. Exits with 1 at the first
# finding, which is in build/fuzz/findings.
#
#   scripts/fuzz.sh [SECONDS_EACH] [TARGET...]     e.g. scripts/fuzz.sh 3600 head query
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
seconds=${1:-60}
shift || true

cd "$root"
mkdir -p build/fuzz/findings
cmake -G Ninja -S . -B build/fuzz -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DCMAKE_CXX_COMPILER="$(command -v clang++ || command -v clang++-14)" \
  -DPPROF_CPP_BUILD_FUZZERS=ON -DPPROF_CPP_BUILD_DEMO=OFF -DPPROF_CPP_BUILD_BENCH=OFF >build/fuzz/configure.log

targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" _fuzz.cpp)"); done
fi
cmake --build build/fuzz --parallel "$(nproc)" --target "${targets[@]/%/_fuzz}"

for target in "${targets[@]}"; do
  corpora=("build/fuzz/corpus/$target")
  mkdir -p "${corpora[0]}"
  [[ -d "tests/fuzz/corpus/$target" ]] && corpora+=("tests/fuzz/corpus/$target")
  log=build/fuzz/$target.log
  if ! "build/fuzz/tests/fuzz/${target}_fuzz" -max_total_time="$seconds" -max_len=20000 -timeout=10 \
      -artifact_prefix="build/fuzz/findings/$target-" "${corpora[@]}" >"$log" 2>&1; then
    tail -30 "$log"
    echo "fuzz.sh: $target found something; build/fuzz/findings has the input" >&2
    exit 1
  fi
  echo "$target: $(grep '^Done' "$log")"
done
