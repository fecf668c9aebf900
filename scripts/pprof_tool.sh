#!/usr/bin/env bash
# Finds the pprof tool that comes with Go.
#
#   scripts/pprof_tool.sh -top heap.pb.gz      runs it; with --print only its path is printed
#   pprof=$(pprof_tool)                        the same where this file was sourced
#
# Go 1.25 and newer ship pprof as source and build it at the first use. That takes some seconds once
# and needs no network; everything that could reach for it is switched off here.
set -euo pipefail

pprof_tool() {
  local settings=(GOTOOLCHAIN=local GOPROXY=off GOFLAGS= GOWORK=off GO111MODULE=off)
  # Without a home there is no default place for Go's build cache.
  if [[ -z "${HOME:-}${XDG_CACHE_HOME:-}${GOCACHE:-}" ]]; then
    settings+=("GOCACHE=${TMPDIR:-/tmp}/go-build-$(id -u)")
  fi
  (
    cd /
    env "${settings[@]}" go tool pprof -h >/dev/null 2>&1 || true  # -h ends with an error code
    env "${settings[@]}" go tool -n pprof
  )
}

if [[ "${BASH_SOURCE[0]}" == "$0" ]]; then
  if [[ "${1:-}" == --print ]]; then
    pprof_tool
  else
    exec "$(pprof_tool)" "$@"
  fi
fi
