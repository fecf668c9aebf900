#!/usr/bin/env bash
# Finds one of clang's tools in version 14, whose findings and layout are the ones that the project
# keeps to. To be sourced:
#
#   source scripts/clang_tool.sh
#   tidy=$(clang_tool clang-tidy)      # CLANG_TIDY=/path/to/clang-tidy, if set, is the only candidate
set -euo pipefail

clang_tool() {
  local tool=$1 variable candidate
  variable=$(tr a-z- A-Z_ <<<"$tool")
  local candidates=("$tool-14" "$tool")
  [[ -z "${!variable:-}" ]] || candidates=("${!variable}")
  for candidate in "${candidates[@]}"; do
    if [[ "$("$candidate" --version 2>/dev/null)" =~ version\ 14\. ]]; then
      command -v "$candidate"
      return 0
    fi
  done
  echo "No $tool of version 14 here (${candidates[*]}). Debian 12 has it:" >&2
  echo "  scripts/install_dependencies.sh check" >&2
  echo "or name one: $variable=/path/to/$tool" >&2
  return 2
}
