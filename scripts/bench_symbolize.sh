#!/usr/bin/env bash
# Compares the batch symbolizing engine with libbacktrace and llvm-symbolizer on large binaries:
# Debian's ceph-mon and ceph-osd with 293 and 624 MB of DWARF, plain and zlib-compressed.
#
#   scripts/bench_symbolize.sh [--folder DIR] [--keep] [--pairs N] [--write]
#
# Needs 3 GB of disk in DIR (default build/bench_symbolize), removed at the end unless --keep; and
# the packages elfutils, binutils, llvm, wget, golang, google-perftools, hey. Prints markdown;
# --write also replaces the section 50_symbolizing of docs/performance.md. Not part of the tests.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
folder=$root/build/bench_symbolize
keep=no
pairs=3
write=no
while [[ $# -gt 0 ]]; do
  case "$1" in
    --folder) folder=$2; shift 2 ;;
    --keep) keep=yes; shift ;;
    --pairs) pairs=$2; shift 2 ;;
    --write) write=yes; shift ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
[[ $keep == yes ]] || trap 'rm -rf "$folder"' EXIT

for tool in eu-unstrip google-pprof hey objcopy llvm-symbolizer apt-get dpkg-deb readelf wget go; do
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
  cmake --build "$root/build/release" --parallel "$(nproc)" --target symbolize_bench symbolize_neighbour \
    foreign_profile_server demo_app >/dev/null
  ours=$root/build/release/tests/unit/symbolize/symbolize_bench
fi
programs=$(dirname "$ours")
demo=$programs/../../../demo_app/demo_app
pprof=$("$root/scripts/pprof_tool.sh" --print)
theirs=$folder/libbacktrace_bench
g++ -O2 -no-pie -pthread -I"$root" "$root/tests/bench/libbacktrace_bench.cpp" -lbacktrace -o "$theirs"

value() { awk -v key="$2" '{for (i = 1; i < NF; i++) if ($i == key) print $(i + 1)}' "$1"; }
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
mb() { awk '{printf "%.1f", $1 / 1024}'; }

# measure OUT COMMAND...: adds one line of figures to OUT.
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

# bench BINARY COUNT: alternating runs, so that both see the same machine.
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
  row "$binary" "$count" pprof-cpp "$work/ours" "$(compare "$work/ours.txt" "$work/llvm.txt")"
  row "$binary" "$count" libbacktrace "$work/backtrace" \
    "$(compare "$work/backtrace.txt" "$work/llvm.txt")"
  echo "| $binary | $count | llvm-symbolizer (child) |" \
    "$(awk -v a="$begin" -v b="$end" 'BEGIN {printf "%.3f", b - a}') | | | | |"
}

# google_pprof BINARY [PROFILE]: seconds until the list is printed, for a profile of the same stacks
# in the only format it reads.
google_pprof() {
  local profile=${2:-$folder/legacy.txt} begin end
  [[ -n ${2:-} ]] || "$root/tests/bench/legacy_heap_profile.py" "$1" "$folder/list" >"$profile"
  begin=$(date +%s.%N)
  google-pprof --text --lines "$1" "$profile" >"$folder/legacy.out" 2>/dev/null
  end=$(date +%s.%N)
  [[ $(wc -l <"$folder/legacy.out") -gt 1 ]] || { echo "nothing to list"; return; }
  awk -v a="$begin" -v b="$end" 'BEGIN {printf "%.2f", b - a}'
}

# serve_and_read LABEL BINARY PATH COMMAND...: the first profile of a fresh process, from wget to
# the printed list. COMMAND prints its address: a line with a port, or HOST:PORT/debug.
serve_and_read() {
  local label=$1 binary=$2 path=$3 out=$folder/profile.pb.gz legacy= theirs
  shift 3
  "$@" >"$folder/port" 2>/dev/null &
  local server=$! port=
  for ((i = 0; i < 100; i++)); do
    port=$(sed -n 's/^\(.*:\)\{0,1\}\([0-9]\{4,5\}\)\(\/debug.*\)\{0,1\}$/\2/p' "$folder/port" | head -1)
    [[ -n $port ]] && break
    sleep 0.1
  done
  # The demo leaks by itself: 20,000 requests are some 40 MB of session data.
  [[ $path != heap ]] || hey -n 20000 -c 4 -H "Authorization: Bearer alice" \
    "$(sed -n 's/^orders at //p' "$folder/port")" >/dev/null
  local begin fetched end
  begin=$(date +%s.%N)
  wget -q -O "$out" "http://127.0.0.1:$port/debug/pprof/$path"
  fetched=$(date +%s.%N)
  "$pprof" -symbolize=none -top "$out" </dev/null >/dev/null 2>&1
  end=$(date +%s.%N)
  if [[ $path == heap ]]; then
    legacy=$folder/legacy.txt
    wget -q -O "$legacy" "http://127.0.0.1:$port/debug/pprof/$path?debug=1"
  fi
  theirs=$(google_pprof "$binary" "$legacy")
  kill "$server"
  wait "$server" 2>/dev/null || true
  local complete=yes
  "$pprof" -symbolize=none -comments "$out" </dev/null | grep -q 'time limit' &&
    complete="no: at the deadline, the next one is"
  awk -v label="$label" -v a="$begin" -v b="$fetched" -v c="$end" -v complete="$complete" \
    -v theirs="$theirs" 'BEGIN {
    printf "| %s | %.2f | %.2f | %.2f | %s | %s |\n", label, b - a, c - b, c - a, complete, theirs }'
}

report() {
  echo "$(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), $(nproc) cores, $(date +%F)," \
    "medians of $pairs"
  echo
  echo "| binary | addresses | symbolizer | seconds | CPU s | anonymous MB | kept MB" \
    "| chains compared with llvm-symbolizer |"
  echo "|---|---|---|---|---|---|---|---|"
  for binary in ceph-mon-raw ceph-osd-raw ceph-mon ceph-osd; do
    for count in 1000 10000; do bench "$binary" "$count"; done
  done
  echo
  echo "Time from \`wget\` to the printed \`pprof -top\` for the first profile of a fresh process"
  echo "(about 1,000 locations of the large programs, none cached), and of \`google-pprof --text"
  echo "--lines\` alone for the same stacks in its own format:"
  echo
  echo "| program | wget s | pprof -top s | total s | all names | google-pprof s |"
  echo "|---|---|---|---|---|---|"
  serve_and_read "demo, heap" "$demo" heap stdbuf -oL "$demo" --listen 127.0.0.1:0 \
    --debug --debug-listen 127.0.0.1:0
  for binary in ceph-mon-raw ceph-osd-raw ceph-mon ceph-osd; do
    "$ours" "$folder/$binary" --random 1000 --seed 42 --list >"$folder/list"
    serve_and_read "$binary" "$folder/$binary" foreign "$programs/foreign_profile_server" "$folder/$binary" "$folder/list"
  done
  echo
  echo "Four threads that allocate at full speed, in paired slices of 0.5 s:"
  echo
  for binary in ceph-osd-raw ceph-mon; do
    echo "- $binary: $("$programs/symbolize_neighbour" --long "$folder/$binary" || true)"
  done
}

fetch ceph-mon
fetch ceph-osd
report | tee "$folder/report.md"
if [[ $write == yes ]]; then
  { printf '## Symbolizing\n\n`scripts/bench_symbolize.sh --write`, which is not part of `scripts/bench.sh`.\n\n'
    cat "$folder/report.md"; } | "$root/scripts/write_section.py" "$root/docs/performance.md" 50_symbolizing
fi
