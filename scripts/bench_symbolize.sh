#!/usr/bin/env bash
# Compares the batch symbolizing engine with libbacktrace and llvm-symbolizer on large binaries:
# Debian's ceph-mon and ceph-osd with 293 and 624 MB of DWARF, plain and zlib-compressed.
#
#   scripts/bench_symbolize.sh [--folder DIR] [--keep] [--pairs N]
#
# Needs 3 GB of disk in DIR (default build/bench_symbolize), removed at the end unless --keep; and
# the packages elfutils, binutils, llvm. Prints a markdown table. Not part of the tests.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/build/bench_symbolize
keep=no
pairs=3
while [[ $# -gt 0 ]]; do
  case "$1" in
    --folder) folder=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    --pairs) pairs=$2; shift 2 ;;
    *) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
[[ $keep == yes ]] || trap 'rm -rf "$folder"' EXIT

for tool in eu-unstrip objcopy llvm-symbolizer apt-get dpkg-deb readelf; do
  command -v "$tool" >/dev/null || { echo "bench_symbolize: $tool is missing" >&2; exit 3; }
done

# fetch NAME: NAME with its debug information in one file, compressed; NAME-raw, the same plain.
fetch() {
  local name=$1
  [[ -e $folder/$name-raw ]] && return
  (cd "$folder" && apt-get download "$name" "$name-dbg" >/dev/null 2>&1)
  local package
  for package in "$folder/$name"_*.deb "$folder/$name"-dbg_*.deb; do
    dpkg-deb -x "$package" "$folder/unpacked"
    rm "$package"
  done
  local id
  id=$(readelf -n "$folder/unpacked/usr/bin/$name" | sed -n 's/.*Build ID: //p')
  eu-unstrip -o "$folder/$name" "$folder/unpacked/usr/bin/$name" \
    "$folder/unpacked/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"
  objcopy --decompress-debug-sections "$folder/$name" "$folder/$name-raw"
  rm -rf "$folder/unpacked"
}

ours=${SYMBOLIZE_BENCH:-}
if [[ -z $ours ]]; then
  cmake -S "$root" --preset release >/dev/null
  cmake --build "$root/build/release" -j2 --target symbolize_bench >/dev/null
  ours=$root/build/release/tests/unit/symbolize/symbolize_bench
fi
theirs=$folder/libbacktrace_bench
g++ -O2 -no-pie -pthread -I"$root" "$root/tests/bench/libbacktrace_bench.cpp" -lbacktrace -o "$theirs"

value() { awk -v key="$2" '{for (i = 1; i < NF; i++) if ($i == key) print $(i + 1)}' "$1"; }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
mb() { awk '{printf "%.1f", $1 / 1024}'; }

# measure OUT COMMAND...: one line of figures added to OUT.
measure() {
  local out=$1
  shift
  "$@" 2>>"$out" >/dev/null
}

row() {
  local binary=$1 count=$2 who=$3 figures=$4 agreement=$5
  echo "| $binary | $count | $who | $(value "$figures" seconds | median)" \
    "| $(value "$figures" cpu | median) | $(value "$figures" anon_kb | median | mb) | $(value "$figures" kept_kb | median | mb)" \
    "| $agreement |"
}

compare() { "$root/scripts/compare_symbolizers.py" "$1" "$2" | tail -1; }

# bench BINARY COUNT: pairs of runs, one after the other, so that both see the same machine.
bench() {
  local binary=$1 count=$2 work=$folder/work
  rm -rf "$work"
  mkdir -p "$work"
  "$ours" "$folder/$binary" --random "$count" --seed 42 --list >"$work/list"
  "$ours" "$folder/$binary" --addresses "$work/list" --print >"$work/ours.txt" 2>/dev/null
  "$theirs" "$folder/$binary" "$work/list" --print >"$work/backtrace.txt" 2>/dev/null
  local begin end
  begin=$(date +%s.%N)
  llvm-symbolizer --no-demangle --inlines --print-address --obj="$folder/$binary" <"$work/list" \
    >"$work/llvm.txt"
  end=$(date +%s.%N)
  for ((i = 0; i < pairs; i++)); do
    measure "$work/ours" "$ours" "$folder/$binary" --addresses "$work/list"
    measure "$work/backtrace" "$theirs" "$folder/$binary" "$work/list"
  done
  row "$binary" "$count" "this engine" "$work/ours" "$(compare "$work/ours.txt" "$work/llvm.txt")"
  row "$binary" "$count" libbacktrace "$work/backtrace" \
    "$(compare "$work/backtrace.txt" "$work/llvm.txt")"
  echo "| $binary | $count | llvm-symbolizer (child) |" \
    "$(awk -v a="$begin" -v b="$end" 'BEGIN {printf "%.3f", b - a}') | | | | |"
}

fetch ceph-mon
fetch ceph-osd
echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) cores, $(date +%F)," \
  "medians of $pairs"
echo
echo "| binary | addresses | symbolizer | seconds | CPU s | anonymous MB | kept MB | chains as llvm-symbolizer's |"
echo "|---|---|---|---|---|---|---|---|"
for binary in ceph-mon-raw ceph-osd-raw ceph-mon ceph-osd; do
  for count in 1000 10000; do bench "$binary" "$count"; done
done
