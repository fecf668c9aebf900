#!/usr/bin/env bash
# Installs missing Debian packages; does nothing if there are none.
#
#   scripts/install_dependencies.sh [--no-install] GROUP...     groups: build test demo bench check browser ui package
#
# Or sourced: install_dependencies [--no-install] GROUP...
# With --no-install it only prints what to install and exits with 3.
set -euo pipefail

# "PACKAGE" requires that package; "PACKAGE=COMMAND" accepts any program with that name.
dependency_group() {
  case "$1" in
    build)
      echo g++=c++ cmake=cmake ninja-build=ninja pkg-config=pkg-config libgoogle-perftools-dev \
        libcpp-httplib-dev libfmt-dev libprotozero-dev zlib1g-dev libzstd-dev liblzma-dev libisal-dev ;;
    test)  # google-pprof finds no lines without `file`
      echo file=file libgtest-dev libgmock-dev python3=python3 golang-go=go graphviz=dot google-perftools=google-pprof \
        curl=curl wget=wget busybox=busybox binutils=nm libjemalloc-dev prometheus=promtool ;;
    demo) echo libcli11-dev nlohmann-json3-dev hey=hey python3=python3 golang-go=go graphviz=dot wget=wget ;;
    bench) echo libbenchmark-dev valgrind=valgrind libjemalloc-dev hey=hey python3=python3 ;;
    check) echo clang=clang++ libclang-rt-14-dev clang-format=clang-format clang-tidy=clang-tidy ;;
    browser) echo chromium=chromium python3=python3 ;;
    ui) echo chromium=chromium nodejs=node npm=npm ;;  # and the packages of endpoints/ui/package-lock.json
    package) echo dpkg-dev=dpkg-shlibdeps file=file lintian=lintian ;;
    *) echo "install_dependencies: unknown group '$1'; groups are build test demo bench check browser ui package" >&2
       return 2 ;;
  esac
}

package_is_installed() {
  [[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# Prints the missing packages of the groups, each once.
missing_packages() {
  local group dependencies dependency
  for group in "$@"; do
    dependencies=$(dependency_group "$group") || return
    for dependency in $dependencies; do
      if [[ "$dependency" == *=* ]]; then
        command -v "${dependency#*=}" >/dev/null || echo "${dependency%%=*}"
      else
        package_is_installed "$dependency" || echo "$dependency"
      fi
    done
  done | sort -u | tr '\n' ' '
}

node_modules="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/build/npm/node_modules"

# Installs the packages that the lock file of the page names; does nothing if they are there.
install_node_packages() {  # install_node_packages MAY_INSTALL
  local target=${node_modules%/*} ui
  ui="${node_modules%/build/*}/endpoints/ui"
  cmp --quiet "$ui/package-lock.json" "$target/installed.json" && return 0
  if [[ "$1" == no ]]; then
    echo "Missing packages of Node, and --no-install was given. Install them with:" >&2
    echo "  scripts/install_dependencies.sh ui" >&2
    return 3
  fi
  mkdir -p "$target"
  cp "$ui/package.json" "$ui/package-lock.json" "$target"
  (cd "$target" && npm ci --ignore-scripts --no-audit --no-fund) || { echo "npm ci failed in $target" >&2; return 3; }
  cp "$ui/package-lock.json" "$target/installed.json"
}

install_dependencies() {
  install_debian_packages "$@" || return
  local may_install=yes
  [[ "${1:-}" != --no-install ]] || may_install=no
  [[ " $* " != *" ui "* ]] || install_node_packages "$may_install"
}

install_debian_packages() {
  local may_install=yes missing
  if [[ "${1:-}" == --no-install ]]; then
    may_install=no
    shift
  fi
  local groups=("$@")
  if ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian: cannot tell which packages are missing, going on." >&2
    return 0
  fi
  missing=$(missing_packages "${groups[@]}") || return
  [[ -n "${missing// /}" ]] || return 0

  local as_root=""
  [[ "$(id -u)" == 0 ]] || as_root="sudo "
  local command_line="${as_root}apt-get install -y --no-install-recommends ${missing% }"
  if [[ "$may_install" == no ]]; then
    echo "Missing packages, and --no-install was given. Install them with:" >&2
    echo "  $command_line" >&2
    return 3
  fi
  if [[ -n "$as_root" ]] && ! command -v sudo >/dev/null; then
    echo "Missing packages, and there is no sudo. Run this as root:" >&2
    echo "  ${command_line#sudo }" >&2
    return 3
  fi
  echo "Installing what is missing: ${missing% }"
  # shellcheck disable=SC2086  # the words are the arguments
  ${as_root}env DEBIAN_FRONTEND=noninteractive apt-get update -q &&
    ${as_root}env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -q --no-install-recommends $missing || {
    echo "apt-get failed; by hand: $command_line" >&2
    return 3
  }
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then
  if [[ $# -eq 0 || "$1" == -h || "$1" == --help ]]; then
    sed -n '2,8s/^# \{0,1\}//p' "$0"
    exit 0
  fi
  install_dependencies "$@"
fi
