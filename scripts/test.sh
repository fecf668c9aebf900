#!/usr/bin/env bash
# Builds everything and runs the tests. The last line is the count over all of them, as ctest words it.
#
#   scripts/test.sh [--no-install] [--preset NAME] [--all] [CTEST_OPTION...]
#
# --preset names another build than dev: clang, release, ubsan, asan, tsan (CMakePresets.json).
# --all adds the clang, ubsan, asan and tsan builds, headless Chromium, the fuzzers, clang-format and
# clang-tidy. Other options go to ctest, e.g. scripts/test.sh -R capture
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
source scripts/install_dependencies.sh
source scripts/pprof_tool.sh

install_option=() presets=() groups=(build test demo bench ui) ctest_options=() configure_options=() all=no
while [[ $# -gt 0 ]]; do
  case "$1" in
    -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --no-install) install_option=(--no-install) ;;
    --all) all=yes ;;
    --preset) presets+=("${2:?test.sh: --preset needs a name}"); shift ;;
    *) ctest_options+=("$1") ;;
  esac
  shift
done
[[ ${#presets[@]} -gt 0 ]] || presets=(dev)
if [[ "$all" == yes ]]; then
  presets=(dev clang ubsan asan tsan)
  groups+=(browser)
  configure_options+=(-DPPROF_CPP_BROWSER_TESTS=ON)
fi
[[ "${presets[*]}" == dev ]] || groups+=(check)

install_dependencies "${install_option[@]}" "${groups[@]}"
pprof_tool >/dev/null || { echo "test.sh: go tool pprof does not work here" >&2; exit 1; }

closing_lines=() status=0 tests=0 failures=0

build_preset() {
  echo "== $1"
  local options=()
  [[ "$1" != dev ]] || options=("${configure_options[@]}")  # the browser need not see each build
  cmake --preset "$1" "${options[@]}" >"build/$1.configure.log" 2>&1 ||
    { cat "build/$1.configure.log"; echo "test.sh: configuring $1 failed" >&2; exit 1; }
  cmake --build --preset "$1" || { echo "test.sh: building $1 failed" >&2; exit 1; }
}

# run_tests PRESET CTEST_OPTION...  adds to the counts
run_tests() {
  local preset=$1 log="build/$1.ctest.log" line
  shift
  ctest --preset "$preset" -j"$(nproc)" "$@" "${ctest_options[@]}" 2>&1 | tee "$log" || status=1
  line=$(grep -E 'tests passed, [0-9]+ tests? failed out of [0-9]+' "$log") || return 0
  [[ "$line" =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]
  failures=$((failures + BASH_REMATCH[1])) tests=$((tests + BASH_REMATCH[2]))
  closing_lines+=("$preset: $line")
}

# The truth of a sampler is statistical and these tests share the machine: each has a second try, and
# ctest prints both. Every other test must pass the first time.
run_preset() {
  build_preset "$1"
  run_tests "$1" -LE statistical
  run_tests "$1" -L statistical --repeat until-pass:2
}

run_check() {  # run_check NAME COMMAND...
  local name=$1 log="build/$1.log"
  shift
  echo "== $name"
  "$@" 2>&1 | tee "$log" || status=1
  closing_lines+=("$name: $(tail -1 "$log")")
}

mkdir -p build
for preset in "${presets[@]}"; do run_preset "$preset"; done
if [[ "$all" == yes ]]; then
  run_check format scripts/format.sh --check
  run_check tidy scripts/tidy.sh --all
  run_check fuzz scripts/fuzz.sh 60  # a minute each, from the seeds on; stops at the first finding
fi
echo
printf '%s\n' "${closing_lines[@]}"
if [[ "$tests" == 0 ]]; then
  echo "test.sh: no test was run" >&2
  exit 1
fi
echo "$(((tests - failures) * 100 / tests))% tests passed, $failures tests failed out of $tests"
exit "$status"
