#!/usr/bin/env bash
# run.sh add_subdirectory|find_package|pkg_config|c_project SOURCE_DIR BUILD_DIR WORK_DIR
# Builds and runs one consumer, against the source tree or against an install into WORK_DIR.
set -euo pipefail

way=$1 source=$2 build=$3 work=$4
rm -rf "$work"
mkdir -p "$work"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

install_here() {
  cmake --install "$build" --prefix "$work/installed" >/dev/null
  mv "$work/installed" "$work/prefix"  # an installed tree must be movable
}

build_and_run() {  # build_and_run CMAKE_OPTION...
  cmake -G Ninja -S "$here/$way" -B "$work/build" -DCMAKE_BUILD_TYPE=Debug "$@"
  cmake --build "$work/build" --parallel "$(nproc)" --target consumer
  (cd "$work" && build/consumer)
}

case "$way" in
  add_subdirectory) build_and_run "-DPPROF_CPP_SOURCE=$source" ;;
  find_package | c_project)
    install_here
    build_and_run "-DCMAKE_PREFIX_PATH=$work/prefix"
    ;;
  pkg_config)
    install_here
    PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name pprof-cpp.pc)")
    export PKG_CONFIG_PATH
    # pkg-config quotes blanks in paths for a shell, so a shell takes its words apart.
    eval "options=($(pkg-config --cflags --libs pprof-cpp))"
    c++ -std=c++17 "$here/main.cpp" -o "$work/consumer" "${options[@]}"
    "$work/consumer"
    ;;
esac
