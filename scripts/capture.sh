#!/bin/sh
# Fetches everything that a running program's pprof endpoints offer into one archive, e.g. before
# the program is restarted. Needs a POSIX shell, tar, gzip and curl or wget (or BusyBox's).
#
#   scripts/capture.sh URL [DIR]      e.g. scripts/capture.sh http://127.0.0.1:6060 /tmp
#
# The archive is written to DIR (.). An endpoint that fails is noted in its manifest.txt and does
# not stop the rest. Exits with 0 if at least one profile was fetched. Takes about 15 seconds.
#   PPROF_CPP_CAPTURE_SECONDS   duration of profile, wall and other recordings (5)
#   PPROF_CPP_CAPTURE_CLIENT    curl, wget or "busybox wget"; default: the first one installed
set -eu
umask 077 # command lines and symbols may be confidential

recording_seconds=${PPROF_CPP_CAPTURE_SECONDS:-5}

usage() {
  sed -n '2,11s/^# \{0,1\}//p' "$0"
}

# One line on a terminal, which the next one replaces; an empty one removes it.
progress() {
  [ ! -t 2 ] || printf '\r\033[K%s' "$1" >&2
}

fail() {
  progress ''
  echo "capture.sh: $1" >&2
  exit "${2:-1}"
}

now() { date -u +%Y%m%dT%H%M%SZ; }

# ---- The address -------------------------------------------------------------------------------

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  '') usage >&2; exit 2 ;;
esac
[ $# -le 2 ] || fail "too many arguments; see --help" 2
base=${1%/}
case "$base" in http://* | https://*) ;; *) base="http://$base" ;; esac
case "$base" in */debug/pprof) ;; *) base="$base/debug/pprof" ;; esac
shown=$(printf '%s' "$base" | sed 's|//[^/@]*@|//|') # without a token, for manifest and messages
host_port=$(printf '%s' "$shown" | sed 's|^[a-z]*://||; s|/.*||')
port=$(printf '%s' "$host_port" | sed -n 's|.*:\([0-9]*\)$|\1|p')
[ -n "$port" ] || port=80
dir=${2:-.}
no_proxy="${no_proxy:+$no_proxy,}127.0.0.1,localhost,::1"
export no_proxy

# ---- Fetching ----------------------------------------------------------------------------------

find_client() {
  if [ -n "${PPROF_CPP_CAPTURE_CLIENT:-}" ]; then
    echo "$PPROF_CPP_CAPTURE_CLIENT"
  elif command -v curl >/dev/null 2>&1; then
    echo curl
  elif command -v wget >/dev/null 2>&1; then
    echo wget
  elif command -v busybox >/dev/null 2>&1 && busybox wget --help >/dev/null 2>&1; then
    echo busybox wget
  else
    return 1
  fi
}

# fetch URL FILE: true for a 200; sets `answer` to the status or to an error.
fetch() {
  case "$client" in
    curl)
      answer=$(curl -sS -m "$timeout_seconds" -o "$2" -w '%{http_code}' "$1" 2>"$errors") || true
      [ "$answer" != 000 ] || answer=""
      ;;
    *)
      # shellcheck disable=SC2086  # several words, or none
      if $limit $client $wget_options -O "$2" "$1" 2>"$errors"; then
        answer=200
      else
        answer=$(sed -n 's|.*HTTP/[0-9.]* \([0-9][0-9][0-9]\).*|\1|p' "$errors" | tail -n 1)
      fi
      ;;
  esac
  [ "$answer" = 200 ] && [ -f "$2" ] && return 0
  [ -n "$answer" ] || answer="no answer: $(tail -n 1 "$errors")"
  return 1
}

note() { # note STATUS FILE SECONDS WHAT
  if [ -f "$work/$2" ]; then bytes=$(($(wc -c <"$work/$2"))); else bytes=0; fi
  printf '%-7s %10s %4ss  %-44s %s\n' "$1" "$bytes" "$3" "$2" "$4" >>"$work/manifest.txt"
}

# get NAME QUERY ENDING: one endpoint into one file, with its line in the manifest.
get() {
  file="$(printf '%s' "$1" | tr / _).$(now)$3"
  begin=$(date +%s)
  if fetch "$base/$1$2" "$work/$file"; then
    fetched=$((fetched + 1))
    note ok "$file" $(($(date +%s) - begin)) "$1$2"
    return 0
  fi
  reason=$answer
  if [ -s "$work/$file" ]; then # keep the server's error message
    mv "$work/$file" "$work/$file.error.txt"
    file="$file.error.txt"
    reason="$answer $(head -n 1 "$work/$file" | cut -c 1-200)"
  else
    rm -f "$work/$file"
    file=-
  fi
  note FAILED "$file" $(($(date +%s) - begin)) "$1$2: $reason"
  progress ''
  echo "capture.sh: $1: $reason" >&2
  return 1
}

# The profiles on the index page, most important first, in case the process dies meanwhile.
listed_profiles() {
  {
    echo heap
    echo peak
    grep -o "<td><a href=['\"][A-Za-z0-9_./]*?debug=1" "$1" | sed "s/.*['\"]//; s/?.*//"
  } | awk -v index_page="$1" '
    BEGIN { while ((getline line < index_page) > 0) page = page line }
    # They look through all memory: not without being asked to.
    $0 == "holders" || $0 == "leak" { next }
    (!seen[$0]++) && index(page, $0 "?debug=1") { print }'
}

get_profile() {
  position=$((position + 1))
  case "$1" in
    profile | wall | fgprof | trace)
      progress "capture.sh: $position of $count: $1, which is recorded for $recording_seconds s" ;;
    *) progress "capture.sh: $position of $count: $1" ;;
  esac
  case "$1" in
    symbol) ;; # only answers queries about addresses
    cmdline) get cmdline '' .txt || true ;;
    profile | wall | fgprof) get "$1" "?seconds=$recording_seconds" .pb.gz || true ;;
    trace) get trace "?seconds=$recording_seconds" .out || true ;;
    *) get "$1" '' .pb.gz || true ;;
  esac
}

# ---- Binaries and mappings of the process ------------------------------------------------------

# The local process that listens on the port and has the command line that was fetched.
local_pid() {
  case "$host_port" in 127.* | localhost* | '[::1]'*) ;; *) return 1 ;; esac
  inodes=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port=":$(printf '%04X' "$port")" \
      '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }')
  for inode in $inodes; do
    for process in /proc/[0-9]*; do
      # shellcheck disable=SC2010  # ls -l is the portable way to read many links at once
      ls -l "$process/fd" 2>/dev/null | grep -q "socket:\[$inode\]" || continue
      for said in "$work"/cmdline.*.txt; do
        [ -f "$said" ] || continue
        [ "$(tr '\0' ' ' <"$said" | sed 's/ *$//')" != \
          "$(tr '\0' ' ' <"$process/cmdline" | sed 's/ *$//')" ] || {
          echo "${process#/proc/}"
          return 0
        }
      done
    done
  done
  return 1
}

# The GNU build id of an ELF file, whose note is in the first page. Empty if there is none.
build_id() {
  dd if="$1" bs=4096 count=1 2>/dev/null | od -An -v -tx1 | tr -d ' \n' |
    sed -n 's/.*040000001400000003000000474e5500\(.\{40\}\).*/\1/p'
}

copy_binaries() { # copy_binaries PID: the mapped files, even if replaced on disk
  begin=$(date +%s)
  cp "/proc/$1/maps" "$work/maps.txt" && note ok maps.txt 0 "/proc/$1/maps"
  awk '$2 ~ /x/ && $6 ~ /^\// { print substr($0, index($0, "/")) }' "$work/maps.txt" |
    sed 's/ (deleted)$//' | sort -u >"$work/files"
  executable=$(readlink "/proc/$1/exe") || executable=""
  while read -r path; do
    from="/proc/$1/root$path"
    [ "$path" != "${executable% (deleted)}" ] || from="/proc/$1/exe"
    mkdir -p "$work/binaries${path%/*}"
    if cp "$from" "$work/binaries$path" 2>/dev/null; then
      chmod u+w "$work/binaries$path"
      printf '%-40s %s\n' "$(build_id "$work/binaries$path")" "$path" >>"$work/build_ids.txt"
      note ok "binaries$path" $(($(date +%s) - begin)) "executable mapping"
    else
      note FAILED "binaries$path" 0 "$path cannot be read"
    fi
  done <"$work/files"
  rm -f "$work/files"
  [ ! -f "$work/build_ids.txt" ] || note ok build_ids.txt 0 "build ids of the mapped files"
}

# If the process cannot be read: the text form of the heap profile ends with its mappings.
maps_over_http() {
  file=maps.txt
  if fetch "$base/heap?debug=1" "$work/heap.debug1" &&
    sed -n '/^--- Memory map: ---/,$p; /^MAPPED_LIBRARIES/,$p' "$work/heap.debug1" |
      sed 1d >"$work/$file" && [ -s "$work/$file" ]; then
    note ok "$file" 0 "heap?debug=1, its memory map"
  else
    rm -f "$work/$file"
    note FAILED "$file" 0 "no memory map in heap?debug=1"
  fi
  rm -f "$work/heap.debug1"
  note skipped binaries 0 "the process is not on this machine or not ours to read"
}

commands() {
  echo
  echo "To read it, in this folder:"
  for file in "$work"/*.pb.gz; do
    [ -f "$file" ] || continue
    echo "  go tool pprof -top ${file##*/}"
  done
  echo "  go tool pprof -http=: FILE          (graph, flame graph and source in the browser)"
  echo "  go tool pprof -top -diff_base OLDER NEWER"
  [ ! -d "$work/binaries" ] || echo "With PPROF_BINARY_PATH=binaries pprof uses the files fetched here."
}

# ---- The capture -------------------------------------------------------------------------------

client=$(find_client) || fail "neither curl nor wget is here"
timeout_seconds=$((recording_seconds + 60))
wget_options="-q" limit=""
if [ "$client" = wget ] && ! wget --help 2>&1 | grep -qi busybox; then
  wget_options="-nv -S --tries=1 --content-on-error -T $timeout_seconds"
elif [ "$client" != curl ]; then
  # Not -T, which crashes the wget of Debian 12's BusyBox 1.35.
  for limit in "timeout $timeout_seconds" "busybox timeout $timeout_seconds" ""; do
    ! $limit true 2>/dev/null || break
  done
fi
mkdir -p "$dir" || fail "cannot make the folder $dir"
name="pprof-capture-$(printf '%s' "$host_port" | tr -c 'A-Za-z0-9.\n' -)-$(now)"
work="$dir/$name"
mkdir "$work" || fail "cannot write to $dir"
errors="$work/.errors"
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

{
  echo "Captured from $shown at $(now) with $client"
  echo
  printf '%-7s %10s %5s  %-44s %s\n' status bytes time file what
} >"$work/manifest.txt"
fetched=0
if fetch "$base/" "$work/index.html"; then
  note ok index.html 0 "the index page"
  profiles=$(listed_profiles "$work/index.html")
else
  note FAILED index.html 0 "the index page: $answer"
  echo "capture.sh: $shown/: $answer" >&2
  rm -f "$work/index.html"
  profiles="heap allocs goroutine cmdline profile"
fi
count=0 position=0
for profile in $profiles; do count=$((count + 1)); done
for profile in $profiles; do
  case "$profile" in profile | wall | fgprof | trace) ;; *) get_profile "$profile" ;; esac
done
[ ! -f "$work/index.html" ] || ! grep -q 'goroutine?debug=2' "$work/index.html" ||
  get goroutine '?debug=2' .stacks.txt || true
for profile in $profiles; do # recordings last
  case "$profile" in profile | wall | fgprof | trace) get_profile "$profile" ;; esac
done
[ "$fetched" -gt 0 ] || fail "nothing could be fetched from $shown"
progress 'capture.sh: the files that the process has mapped'
if pid=$(local_pid); then copy_binaries "$pid"; else maps_over_http; fi
commands >>"$work/manifest.txt"

rm -f "$errors"
progress 'capture.sh: the archive'
(cd "$dir" && tar -cf - "$name" | gzip >"$name.tar.gz") || fail "cannot write $dir/$name.tar.gz"
progress ''
cat "$work/manifest.txt"
echo
echo "$dir/$name.tar.gz"
