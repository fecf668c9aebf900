#!/usr/bin/env bash
# Makes the Debian packages pprof-cpp and libpprof-cpp-dev of this checkout.
#
#   scripts/package.sh [--release N] [--no-install] [FOLDER]
#
# They go to FOLDER (build/packages); N is Debian's part of the version (1). Builds in build/package, runs
# lintian if it is there, and ends with 1 at any of its errors.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/install_dependencies.sh"
release=1 folder=$root/build/packages install_option=()
while [[ $# -gt 0 ]]; do
  case "$1" in
    --release) release=${2:?--release needs a number}; shift ;;
    --no-install) install_option=(--no-install) ;;
    -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) folder=$1 ;;
  esac
  shift
done
umask 022
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
install_dependencies "${install_option[@]}" build package

cd "$root"
log=build/package.log
{
  cmake -G Ninja -S . -B build/package -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
    -DPPROF_CPP_PACKAGES=ON -DPPROF_CPP_PACKAGE_RELEASE="$release" \
    -DPPROF_CPP_BUILD_TESTS=OFF -DPPROF_CPP_BUILD_DEMO=OFF -DPPROF_CPP_BUILD_BENCH=OFF
  cmake --build build/package
  rm -f build/package/*.deb
  (cd build/package && cpack -G DEB)
} >"$log" 2>&1 || { tail -30 "$log"; echo "package.sh: failed, see $log" >&2; exit 1; }
cp build/package/*.deb "$folder"
ls "$folder"/*_*-"$release"_*.deb

if command -v lintian >/dev/null; then
  lintian --fail-on error --tag-display-limit 0 build/package/*.deb
else
  echo "lintian is not installed: the packages are not checked" >&2
fi
