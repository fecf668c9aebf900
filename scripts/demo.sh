#!/usr/bin/env bash
# The incident in about a minute: a server leaks under load, one wget and pprof identify the leak,
# memory stays flat with each of the two fixes, and the mutex profile shows the cost of the purge. Then
# the kernel kills it at its limit when nobody looks, and the capture from before tells why.
#
#   scripts/demo.sh [--no-install] [--screenshots] [DIR]    writes pictures and profiles to DIR (build/story)
#
# --screenshots also takes pictures of the page in the browser, with headless Chromium.
# Exits with 0 only if all this was observed. DEMO_APP=PATH runs that binary without building one.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/install_dependencies.sh"
source "$root/scripts/pprof_tool.sh"

readonly limit_bytes=$((150 * 1024 * 1024))
readonly connections=8 requests_per_second_each=400  # 3,200/s, near 10 MiB/s leaked
readonly set_share_percent=80                         # of the bytes in use, below reqctx::Set
# The cost of purging: maximum load and a purge every 16 s, which then finds about 400,000 entries
# (1 GiB). Each connection waits for it at least 100 ms, less on a busy machine.
readonly busy_requests_per_second_each=0 busy_purge_seconds=16  # 0: hey does not limit
readonly purge_delay_ms=100  # of all connections together, at least

fail() {
  echo "demo.sh: $*" >&2
  exit 1
}

install_option=() groups=(build demo)
screenshots=no
scenes=6 played=0
out="$root/build/story"
for argument in "$@"; do
  case "$argument" in
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --no-install) install_option=(--no-install) ;;
    --screenshots) screenshots=yes groups+=(ui) scenes=7 ;;
    -*) echo "demo.sh: unknown option $argument; see --help" >&2; exit 2 ;;
    *) out=$argument ;;
  esac
done

server_pid="" load_pid="" group=""
stop() {  # stop PID: ends a child process and waits for it
  [[ -n "$1" ]] || return 0
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
cleanup() {
  stop "$load_pid"
  stop "$server_pid"
  [[ -z "$group" ]] || rmdir "$group" 2>/dev/null || true
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

build() {
  demo_app="${DEMO_APP:-$root/build/release/demo_app/demo_app}"
  [[ -z "${DEMO_APP:-}" ]] || return 0
  echo "== Building demo_app"
  if [[ ! -f "$root/build/release/build.ninja" ]]; then
    (cd "$root" && cmake --preset release -DPPROF_CPP_BUILD_TESTS=OFF -DPPROF_CPP_BUILD_BENCH=OFF) \
      >"$out/build.log" || fail "configuring failed; see $out/build.log"
  fi
  (cd "$root" && cmake --build --preset release --target demo_app) >>"$out/build.log" 2>&1 ||
    { tail -20 "$out/build.log" >&2; fail "building failed; see $out/build.log"; }
}

await_server() {  # await_server LOG: sets service, profiles
  local log=$1
  for _ in {1..100}; do
    service=$(sed -n 's|^orders at \(http://[^/]*\)/.*|\1|p' "$log")
    profiles=$(sed -n 's|^profiles at \(http://.*\)/$|\1|p' "$log")
    [[ -z "$profiles" ]] || return 0
    kill -0 "$server_pid" 2>/dev/null || break
    sleep 0.1
  done
  fail "demo_app did not start: $(cat "$log")"
}

start_server() {  # start_server FIX [PURGE_INTERVAL [OPTION...]]: sets server_pid, service, profiles
  local log="$out/server-$1.log"
  : >"$log"  # exists before the server's shell opens it
  "$demo_app" --listen 127.0.0.1:0 --debug --debug-listen 127.0.0.1:0 --fix "$1" \
    --purge-max-age 1s --purge-interval "${2:-500ms}" "${@:3}" >"$log" 2>&1 &
  server_pid=$!
  await_server "$log"
}

start_watched() {  # start_watched LOG: a server that leaks, in the group if there is one
  : >"$1"
  (
    [[ -z "$group" ]] || echo "$BASHPID" >"$group/cgroup.procs"
    PPROF_CPP_WATCH="$out/captures" exec "$demo_app" --listen 127.0.0.1:0 --debug \
      --debug-listen 127.0.0.1:0 --fix none
  ) >"$1" 2>&1 &
  server_pid=$!
  await_server "$1"
}

start_load() {  # start_load HEY_OPTION VALUE [REQUESTS_PER_SECOND_EACH]: sets load_pid
  hey "$1" "$2" -c "$connections" -q "${3:-$requests_per_second_each}" -disable-compression \
    -H "Authorization: Bearer alice" "$service/orders/17" >"$out/hey.log" 2>&1 &
  load_pid=$!
}

stop_server() {
  stop "$load_pid"
  load_pid=""
  kill "$server_pid"
  local status=0
  wait "$server_pid" || status=$?
  server_pid=""
  [[ "$status" == 0 ]] || fail "demo_app ended with status $status instead of 0"
}

scene() {  # scene TITLE
  played=$((played + 1))
  echo "== Run $played of $scenes: $1"
}

milliseconds() { date +%s%3N; }

name_the_leak() {
  local begin end share
  echo
  echo "== 90 % of the limit. One wget, and pprof:"
  echo "\$ wget -q -O heap.pb.gz $profiles/heap"
  echo "\$ go tool pprof -top -cum heap.pb.gz"
  begin=$(milliseconds)
  wget -q -O "$out/heap.pb.gz" "$profiles/heap" || fail "wget $profiles/heap failed"
  "$pprof" -top -cum "$out/heap.pb.gz" >"$out/top.txt" 2>"$out/top.err" ||
    fail "pprof could not read the profile: $(cat "$out/top.err")"
  end=$(milliseconds)
  head -28 "$out/top.txt"
  echo "   ($((end - begin)) ms from the wget to the list; all of it: $out/top.txt)"
  echo
  share=$(awk '/ reqctx::Set/ { sub("%", "", $5); print $5; exit }' "$out/top.txt")
  [[ -n "$share" ]] || fail "the profile does not show reqctx::Set at all; see $out/top.txt"
  awk -v share="$share" -v least="$set_share_percent" 'BEGIN { exit !(share > least) }' ||
    fail "reqctx::Set holds only $share % of the bytes in use, expected above $set_share_percent %"
  echo "The leak: reqctx::Set holds $share % of the bytes in use. How they got there:"
  "$pprof" -peek 'reqctx::Set' "$out/heap.pb.gz" 2>/dev/null |
    grep -E ' \|.*(session|auth|orders|reqctx)::' | head -4 || true
  name_the_holder
  "$pprof" -svg "$out/heap.pb.gz" >"$out/heap.svg" 2>"$out/svg.err" ||
    fail "pprof -svg failed: $(cat "$out/svg.err")"
}

fetch_top() {  # fetch_top PROFILE: to PROFILE.pb.gz, and as a table to PROFILE.txt
  echo "\$ wget -q -O $1.pb.gz $profiles/$1"
  echo "\$ go tool pprof -top -cum $1.pb.gz"
  wget -q -O "$out/$1.pb.gz" "$profiles/$1" || fail "wget $profiles/$1 failed"
  "$pprof" -top -cum -nodefraction=0 "$out/$1.pb.gz" >"$out/$1.txt" 2>"$out/$1.err" ||
    fail "pprof could not read the profile: $(cat "$out/$1.err")"
}

# The next question: not who allocated it, but who keeps it.
name_the_holder() {
  local share
  echo
  echo "Who keeps it:"
  fetch_top holders
  grep -E 'flat%|held by|via |\[global' "$out/holders.txt" | head -8
  share=$(awk '/ held by reqctx::.*::table$/ { sub("%", "", $5); print $5; exit }' "$out/holders.txt")
  awk -v share="${share:-0}" -v least="$set_share_percent" 'BEGIN { exit !(share > least) }' ||
    fail "reqctx's table holds ${share:-0} % of the bytes in use, expected above $set_share_percent %"
  echo "The holder: the global table of reqctx keeps $share % of the bytes in use."
  echo
}

# Another kind of leak: memory that nothing points to.
name_the_lost() {
  local share
  echo
  scene "--leak lost, 20,000 requests"
  start_server none "" --leak lost
  start_load -n 20000
  wait "$load_pid" || true
  load_pid=""
  fetch_top leak
  stop_server
  grep -E 'flat%|lost|audit::' "$out/leak.txt" | head -5
  share=$(awk '/ audit::Record/ { sub("%", "", $5); print $5; exit }' "$out/leak.txt")
  awk -v share="${share:-0}" -v least="$set_share_percent" 'BEGIN { exit !(share > least) }' ||
    fail "audit::Record lost ${share:-0} % of what is lost, expected above $set_share_percent %"
}

cumulative_of() {  # cumulative_of TOP_FILE FUNCTION
  awk -v name="$2" '$6 == name { print $4 + 0; exit }' "$1"
}

# The emergency fix has a cost: a purge holds the lock that every request needs, and scans the
# table. The mutex profile charges the holder of a lock with the delay of its waiters.
name_the_price() {
  local seconds=$((busy_purge_seconds + 4)) delay purges hold
  echo
  scene "--fix purge once in $busy_purge_seconds s, under all the load that the machine takes, for $seconds s"
  start_server purge "${busy_purge_seconds}s"
  start_load -z $((seconds + 30))s "$busy_requests_per_second_each"
  echo "\$ wget -q -O mutex.pb.gz '$profiles/mutex?seconds=$seconds&fraction=1'"
  echo "\$ go tool pprof -top -cum mutex.pb.gz"
  wget -q -O "$out/mutex.pb.gz" "$profiles/mutex?seconds=$seconds&fraction=1" ||
    fail "wget $profiles/mutex failed"
  wget -q --tries=10 --retry-on-http-error=503 -O "$out/price.json" "$service/stats" ||
    fail "wget $service/stats failed"
  stop_server
  "$pprof" -top -cum -nodefraction=0 -unit=ms "$out/mutex.pb.gz" >"$out/mutex-delay.txt" 2>"$out/mutex.err" &&
    "$pprof" -top -cum -nodefraction=0 -sample_index=contentions "$out/mutex.pb.gz" >"$out/mutex-contentions.txt" \
      2>>"$out/mutex.err" || fail "pprof could not read the profile: $(cat "$out/mutex.err")"
  grep -E 'flat%|reqctx::|Purger' "$out/mutex-delay.txt" | head -6
  delay=$(cumulative_of "$out/mutex-delay.txt" reqctx::Purge)
  purges=$(cumulative_of "$out/mutex-contentions.txt" reqctx::Purge)
  [[ -n "$delay" && "${purges:-0}" != 0 ]] ||
    fail "the mutex profile does not name reqctx::Purge; see $out/mutex-delay.txt; $(cat "$out/price.json")"
  hold=$(awk -v d="$delay" -v n="$purges" -v c="$connections" 'BEGIN { printf "%d", d / n / c }')
  echo "The price of the workaround: the purge cost $delay ms of waiting. It holds the lock of reqctx for"
  echo "$hold ms and more, and each of the $connections connections waits for it. Clearing has no such pause."
  [[ "${delay%.*}" -ge "$purge_delay_ms" ]] ||
    fail "the purge cost the requests $delay ms only, expected $purge_delay_ms ms; see $out/mutex-delay.txt"
}

take_pictures() {  # take_pictures leak|purge: of the page of the server that runs
  [[ "$screenshots" == yes ]] || return 0
  echo "Pictures of $profiles/ in a browser:"
  node "$root/scripts/screenshots.mjs" "$node_modules" "$out" "$1" "$profiles/" ||
    fail "the pictures of the page failed; node said the above"
}

# What a purge gives back, as the page shows it: the heap after it against the heap before it.
picture_a_purge() {
  [[ "$screenshots" == yes ]] || return 0
  scene "--fix purge once in 8 s, for a picture of the difference"
  start_server purge 8s
  start_load -z 100s
  take_pictures purge
  stop_server
}

# Sets `group` to a new memory cgroup (version 1) with the limit; empty: none can be made.
make_group() {
  local own parent
  own=$(sed -n 's/^[0-9]*:\(.*,\)*memory\(,.*\)*:\(.*\)$/\3/p' /proc/self/cgroup)
  for parent in "/sys/fs/cgroup/memory$own" /sys/fs/cgroup/memory; do
    group="${parent%/}/pprof-cpp-demo-$$"
    mkdir "$group" 2>/dev/null && echo "$limit_bytes" >"$group/memory.limit_in_bytes" && return 0
  done 2>/dev/null
  group=""
}

# What a limit of the address space can do instead: allocations fail, and the program ends or is ended.
limit_address_space() {
  local kib
  kib=$(awk '/^VmSize/ { print $2 }' "/proc/$server_pid/status")
  prlimit --pid "$server_pid" --as=$((kib * 1024 + limit_bytes)) ||
    fail "neither a memory cgroup nor RLIMIT_AS can limit the server here"
}

die_at_the_limit() {
  local status=0 last
  rm -rf "$out/captures"
  make_group
  echo
  if [[ -n "$group" ]]; then
    scene "--fix none with a limit of $((limit_bytes / 1024 / 1024)) MiB (memory cgroup), and nobody looks"
  else
    scene "--fix none with RLIMIT_AS (no memory cgroup can be made here), and nobody looks"
  fi
  echo "\$ PPROF_CPP_WATCH=$out/captures demo_app ..."
  start_watched "$out/server-watched.log"
  [[ -n "$group" ]] || limit_address_space
  start_load -z 100s
  if [[ -z "$group" ]]; then
    for _ in {1..600}; do
      compgen -G "$out/captures/*.memory95/heap.pb.gz" >/dev/null && break
      sleep 0.1
    done
    kill -KILL "$server_pid" 2>/dev/null || true
  fi
  wait "$server_pid" 2>/dev/null || status=$?
  server_pid=""
  stop "$load_pid"
  load_pid=""
  echo "demo_app ended with status $status"
  [[ "$status" == 137 ]] || fail "demo_app should have been killed (137); see $out/server-watched.log"
  last=$(find "$out/captures" -mindepth 1 -maxdepth 1 -type d -name '2*' -printf '%f\n' | sort | tail -1)
  [[ -n "$last" ]] || fail "there is no capture in $out/captures"

  echo "== The next start says it:"
  start_watched "$out/server-again.log"
  grep '^pprof-cpp: process .* last capture ' "$out/server-again.log" || fail "it does not; see $out/server-again.log"
  if [[ -n "$group" ]]; then
    grep -q 'killed at its memory limit' "$out/server-again.log" || fail "it does not know the cause"
  fi
  stop_server
  [[ -z "$group" ]] || rmdir "$group"
  group=""
  echo "\$ go tool pprof -top -cum captures/$last/heap.pb.gz"
  "$pprof" -top -cum "$out/captures/$last/heap.pb.gz" >"$out/capture-top.txt" 2>"$out/capture.err" ||
    fail "pprof could not read the capture: $(cat "$out/capture.err")"
  grep -E 'flat%|reqctx::' "$out/capture-top.txt" | head -4
  grep -q ' reqctx::Set' "$out/capture-top.txt" || fail "the capture does not name reqctx::Set; see $out/capture-top.txt"
}

mkdir -p "$out"
out=$(cd "$out" && pwd)
install_dependencies "${install_option[@]}" "${groups[@]}"
build
pprof=$(pprof_tool) || fail "go tool pprof does not work here; it said the above"

scene "--fix none, until 90 % of $((limit_bytes / 1024 / 1024)) MiB"
start_server none
start_load -z 100s
python3 "$root/scripts/story_sample.py" "$service" "$out/none.csv" --load-pid "$load_pid" \
  --until-resident $((limit_bytes * 9 / 10)) --at-most 90 ||
  fail "memory did not reach 90 % of the limit; see $out/none.csv and $out/hey.log"
name_the_leak
take_pictures leak
stop_server
requests=$(tail -1 "$out/none.csv" | cut -d, -f2)
requests=$(((requests + connections - 1) / connections * connections))  # hey rounds down

for fix in purge clear; do
  scene "--fix $fix, the same load ($requests requests)"
  start_server "$fix"
  start_load -n "$requests"
  python3 "$root/scripts/story_sample.py" "$service" "$out/$fix.csv" --load-pid "$load_pid" ||
    fail "sampling /stats failed; see $out/server-$fix.log"
  stop_server
done
name_the_price
picture_a_purge
name_the_lost
die_at_the_limit

echo
python3 "$root/scripts/story_report.py" --limit "$limit_bytes" --svg "$out/leak.svg" \
  "$out/none.csv" "$out/purge.csv" "$out/clear.csv"
echo
echo "memory graph    $out/leak.svg"
echo "pprof's graph   $out/heap.svg"
echo "profiles        $out/heap.pb.gz $out/holders.pb.gz $out/leak.pb.gz $out/mutex.pb.gz"
echo "captures        $out/captures"
echo
echo "To look yourself, run   $demo_app --debug   and open http://127.0.0.1:6060/debug/pprof/"
