#!/usr/bin/env bash
# Builds the page of endpoints/ui from src/ into built/, whose files are committed.
#
#   scripts/build_ui.sh [--check]      --check only compares, and checks the types
#
# Node and the packages of endpoints/ui/package-lock.json are installed if they are missing. The
# library is built without either.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/install_dependencies.sh

check=()
case "${1:-}" in
  "") ;;
  --check) check=(--check) ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0"; [[ "$1" == -h || "$1" == --help ]] && exit 0 || exit 2 ;;
esac
install_dependencies ui
"$node_modules/.bin/tsc" --project endpoints/ui --baseUrl "$node_modules"
node endpoints/ui/build.mjs --modules "$node_modules" "${check[@]}"
