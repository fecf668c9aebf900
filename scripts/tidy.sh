#!/usr/bin/env bash
# Runs clang-tidy 14 with the committed .clang-tidy over what build/clang compiles.
#
#   scripts/tidy.sh                  what changed since the branch left origin/main (else since HEAD~1)
#   scripts/tidy.sh --since COMMIT   what changed since that commit
#   scripts/tidy.sh --all            every source
#   scripts/tidy.sh FILE...          these sources, and those that include these headers
#
# A source counts as changed with every header it includes. Before: cmake --preset clang, and
# cmake --build --preset clang, which finds out who includes what. Ends with 1 at any finding.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/clang_tool.sh
root=$PWD
build=$root/build/clang
database=$build/compile_commands.json

fail() {
  echo "tidy.sh: $*" >&2
  exit 2
}

# The committed sources that the database knows, absolute, each once. Generated ones are not ours.
known_sources() {
  comm -12 <(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$database" | sort -u) \
    <(git ls-files --cached --others --exclude-standard -- '*.cpp' | sed "s|^|$root/|" | sort -u)
}

# Of the known sources: those that stand in the list $1 or include a file of it, and those of which
# nobody can tell because they were never built.
sources_touched_by() {
  ninja -C "$build" -t deps |
    awk -v list="$1" -v root="$root/" '
      BEGIN { while ((getline path < list) > 0) changed[root path] = 1 }
      /^[^ ].*: #deps / { source = ""; next }
      /^ / {
        sub(/^ +/, "")
        if (source == "") { source = $0; print "built", source }
        if ($0 in changed) print "touched", source
      }' | sort -u >"$work/deps"
  known_sources >"$work/known"
  sed "s|^|$root/|" "$1" | sort -u | comm -12 "$work/known" -
  awk '$1 == "touched" { print $2 }' "$work/deps" | sort -u | comm -12 "$work/known" -
  awk '$1 == "built" { print $2 }' "$work/deps" | sort -u | comm -23 "$work/known" -
}

changed_since() {
  git diff --name-only "$1" --
  git ls-files --others --exclude-standard
}

# Where the branch began; on origin/main itself, the commit before.
default_base() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null || true)
  if [[ -z "$base" || "$base" == "$(git rev-parse HEAD)" ]]; then base=HEAD~1; fi
  git rev-parse --verify --quiet "$base^{commit}" || fail "there is no commit before HEAD"
}

changed_sources() {
  changed_since "$1" >"$work/changed"
  if grep -qE '(^|/)\.clang-tidy$' "$work/changed"; then  # other checks: for all
    known_sources
  else
    sources_touched_by "$work/changed"
  fi
}

named_sources() {
  local file
  for file in "$@"; do
    [[ -f "$file" ]] || fail "there is no file $file"
    realpath --relative-to="$root" "$file"
  done >"$work/named"
  sources_touched_by "$work/named"
}

tidy_one() {  # one source; what clang-tidy says goes to a file of its own, and out
  local report
  report=$work/reports/$(tr / _ <<<"${1#"$root"/}")
  "$tidy" --quiet -p "$build" "$1" >"$report" 2>"$report.stderr" && return
  # A crash, or options that it does not know, give no finding.
  grep -qE ': (warning|error): ' "$report" ||
    { echo "$1:1:1: error: clang-tidy failed [tidy.sh]"; cat "$report.stderr"; } >>"$report"
  cat "$report"
}

selected_sources() {
  case "${1:-}" in
    "") changed_sources "$(default_base)" ;;
    --all) known_sources ;;
    --since) [[ -n "${2:-}" ]] || fail "--since needs a commit"
      git rev-parse --verify --quiet "$2^{commit}" >/dev/null || fail "there is no commit $2"
      changed_sources "$2" ;;
    -*) fail "unknown option $1; see --help" ;;
    *) named_sources "$@" ;;
  esac
}

if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then
  sed -n '2,10s/^# \{0,1\}//p' "$0"
  exit 0
fi
[[ -f "$database" ]] || fail "no $database: first cmake --preset clang && cmake --build --preset clang"
[[ -n "$(known_sources)" ]] || fail "$database has no source of this folder"
tidy=$(clang_tool clang-tidy)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/reports"
selected_sources "$@" | sort -u >"$work/sources"

export -f tidy_one
export tidy build work root
# shellcheck disable=SC2016  # bash -c expands it
xargs --no-run-if-empty -d '\n' -P "$(nproc)" -n 1 bash -c 'tidy_one "$1"' _ <"$work/sources"
# A header's finding is told by everyone who includes it; it is one.
findings=$(find "$work/reports" -type f ! -name '*.stderr' -exec cat {} + |
  grep -E '^/.*: (warning|error): ' | sort -u | wc -l || true)
echo "tidy: $(wc -l <"$work/sources") files, $findings findings"
[[ "$findings" -eq 0 ]]
