#!/usr/bin/env bash
# Formats every committed .h and .cpp with clang-format 14 and the committed .clang-format.
#
#   scripts/format.sh [--check]      --check changes nothing, names the files that differ, ends with 1
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/clang_tool.sh

check=no
case "${1:-}" in
  "") ;;
  --check) check=yes ;;
  *) sed -n '2,4s/^# \{0,1\}//p' "$0"; [[ "$1" == -h || "$1" == --help ]] && exit 0 || exit 2 ;;
esac
format=$(clang_tool clang-format)

mapfile -t files < <(git ls-files -- '*.h' '*.cpp')
[[ ${#files[@]} -gt 0 ]] || { echo "format.sh: git knows no .h or .cpp here" >&2; exit 2; }
if [[ "$check" == no ]]; then
  "$format" -i "${files[@]}"
  exit
fi

differing=()
for file in "${files[@]}"; do
  "$format" "$file" | cmp --quiet - "$file" || differing+=("$file")
done
[[ ${#differing[@]} -eq 0 ]] || printf 'not formatted: %s\n' "${differing[@]}"
echo "format: ${#files[@]} files, ${#differing[@]} differ"
[[ ${#differing[@]} -eq 0 ]]
