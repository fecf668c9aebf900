#!/usr/bin/env bash
# Builds everything and runs the tests. The last line is ctest's summary.
#
#   scripts/test.sh [--no-install] [--all] [CTEST_OPTION...]
#
# --all adds the sanitizer builds (ubsan, asan, tsan), headless Chromium and the fuzzers. Other
# options are passed to ctest, e.g. scripts/test.sh -R capture
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
source scripts/install_dependencies.sh
source scripts/pprof_tool.sh

install_option=() presets=(dev) groups=(build test demo bench) ctest_options=() configure_options=() all=no
for argument in "$@"; do
  case "$argument" in
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --no-install) install_option=(--no-install) ;;
    --all) all=yes ;;
    *) ctest_options+=("$argument") ;;
  esac
done
if [[ "$all" == yes ]]; then
  presets+=(ubsan asan tsan)
  groups+=(check browser)
  configure_options+=(-DPPROF_CPP_BROWSER_TESTS=ON)
fi

install_dependencies "${install_option[@]}" "${groups[@]}"
pprof_tool >/dev/null || { echo "test.sh: go tool pprof does not work here" >&2; exit 1; }

closing_lines=()
status=0
run_preset() {  # configures, builds and tests; keeps ctest's summary
  echo "== $1"
  local options=()
  [[ "$1" != dev ]] || options=("${configure_options[@]}")  # one build with browser tests is enough
  cmake --preset "$1" "${options[@]}" >"build/$1.configure.log" 2>&1 ||
    { cat "build/$1.configure.log"; echo "test.sh: configuring $1 failed" >&2; exit 1; }
  cmake --build --preset "$1" || { echo "test.sh: building $1 failed" >&2; exit 1; }
  # Retries once: samplers are statistical, and these machines are shared. ctest prints both runs.
  ctest --preset "$1" -j2 --repeat until-pass:2 "${ctest_options[@]}" 2>&1 | tee "build/$1.ctest.log" || status=1
  closing_lines+=("$1: $(grep 'tests passed' "build/$1.ctest.log" || echo 'no tests were run')")
}

run_fuzzers() {  # a minute each, starting from the seeds; stops at the first finding
  echo "== fuzzers"
  scripts/fuzz.sh 60 2>&1 | tee build/fuzz.log || status=1
  closing_lines+=("fuzzers: $(grep -c ': Done' build/fuzz.log || true) of $(find tests/fuzz -name '*_fuzz.cpp' | wc -l) run a minute without a finding")
}

mkdir -p build
for preset in "${presets[@]}"; do run_preset "$preset"; done
[[ "$all" == no ]] || run_fuzzers
echo
printf '%s\n' "${closing_lines[@]}"
exit "$status"
