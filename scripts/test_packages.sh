#!/usr/bin/env bash
# Installs, uses, upgrades and removes the Debian packages in a fresh Debian 12.
#
#   scripts/test_packages.sh [FOLDER]
#
# Needs root, debootstrap and the network; takes some minutes. The new system goes to FOLDER
# (build/debian), which must not exist and is removed at the end. The programs of the test: perl, which
# was not built with the profiler, and the consumer of tests/consumers, built in the new system.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1:-}" in
  -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
esac
debian=$(realpath -m "${1:-build/debian}")
packages=build/packages
suite=bookworm

fail() {
  echo "test_packages.sh: $*" >&2
  exit 1
}

step() { echo "== $*"; }

inside() { chroot "$debian" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive "$@"; }

# Waits for a command to succeed; polls.
eventually() {
  local left=300
  until "$@" >/dev/null 2>&1; do
    ((left-- > 0)) || fail "does not succeed: $*"
    sleep 0.1
  done
}

host=""
clean_up() {
  [[ -z "$host" ]] || kill "$host" || true
  wait  # for the program: it keeps its files
  ! mountpoint -q "$debian/proc" || umount "$debian/proc"
  rm -rf "$debian"
}

[[ $(id -u) == 0 ]] || fail "needs root for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "debootstrap is missing: apt-get install debootstrap"
[[ ! -e "$debian" ]] || fail "$debian exists"

step "packages of two releases"
for release in 1 2; do scripts/package.sh --release "$release" "$packages"; done
command_old=$(echo "$packages"/pprof-cpp_*-1_*.deb) command_new=$(echo "$packages"/pprof-cpp_*-2_*.deb)
dev_old=$(echo "$packages"/libpprof-cpp-dev_*-1_*.deb) dev_new=$(echo "$packages"/libpprof-cpp-dev_*-2_*.deb)

step "a fresh Debian in $debian"
trap clean_up EXIT
debootstrap --variant=minbase "$suite" "$debian" >build/debootstrap.log 2>&1 ||
  fail "debootstrap failed, see build/debootstrap.log"
mount -t proc proc "$debian/proc"
mkdir "$debian/packages"
cp "$command_old" "$command_new" "$dev_old" "$dev_new" "$debian/packages/"
inside apt-get update -q >build/packages.apt.log 2>&1

install_packages() {
  local names=() package
  for package in "$@"; do
    if [[ "$package" == *.deb ]]; then names+=("/packages/${package##*/}"); else names+=("$package"); fi
  done
  inside apt-get install -y -q --no-install-recommends "${names[@]}" >>build/packages.apt.log 2>&1 ||
    fail "apt-get cannot install ${names[*]}, see build/packages.apt.log"
}

step "install the command and profile a program"
install_packages "$command_old"
inside pprof-cpp --version
inside pprof-cpp run -- perl -e '@kept = map { "x" x 100000 } 1 .. 200; sleep 3600' &
pprof() { inside pprof-cpp "$@"; }
perl_pid() { inside pprof-cpp ps | awk '$2 == "perl" { print $1 }' | grep .; }
eventually perl_pid
pid=$(perl_pid)  # the same number outside: a chroot has no numbers of its own
host=$pid
pprof ps
pprof top "$pid" --once --rows 3
pprof get "$pid" heap -o /tmp/heap.pb.gz
[[ $(stat -c %a "$debian/tmp/heap.pb.gz") == 600 ]] || fail "the profile is readable for others"

step "upgrade it under the running program"
install_packages "$command_new"
[[ $(inside dpkg-query -W -f '${Version}' pprof-cpp) == *-2 ]] || fail "it was not upgraded"
pprof get "$pid" heap -o /tmp/after.pb.gz

step "install the libraries and build with them"
install_packages "$dev_old" g++ cmake make
cp -r tests/consumers "$debian/consumers"
inside cmake -S /consumers/find_package -B /tmp/cmake-consumer -DCMAKE_BUILD_TYPE=Debug >build/packages.build.log
inside cmake --build /tmp/cmake-consumer --target consumer >>build/packages.build.log
inside sh -c 'cd /tmp && cmake-consumer/consumer'
# shellcheck disable=SC2016  # the shell inside expands it
inside sh -c 'c++ -std=c++17 /consumers/main.cpp -o /tmp/pc-consumer $(pkg-config --cflags --libs pprof-cpp)'
inside sh -c 'cd /tmp && ./pc-consumer'
install_packages "$dev_new"

step "remove both"
inside dpkg -L pprof-cpp libpprof-cpp-dev | sort -u >build/packages.files
inside apt-get purge -y -q pprof-cpp libpprof-cpp-dev >>build/packages.apt.log 2>&1
while read -r file; do
  [[ ! -f "$debian$file" ]] || fail "$file is left behind"
done <build/packages.files
[[ ! -e "$debian/usr/lib/x86_64-linux-gnu/pprof-cpp" ]] || fail "a folder is left behind"
kill -0 "$host" || fail "the program did not survive the removal"
echo "packages: installed, used, upgraded and removed"
