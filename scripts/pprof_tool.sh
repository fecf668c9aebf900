#!/usr/bin/env bash
# Finds the pprof tool of the Go installation.
#
#   scripts/pprof_tool.sh -top heap.pb.gz      runs it; with --print only its path is printed
#   pprof=$(pprof_tool)                        the same after sourcing this file
#
# Go 1.25 and newer ship pprof as source and build it at first use, which takes some seconds once
# and needs no network; network access is disabled here.
set -euo pipefail

pprof_tool() {
  local settings=(GOTOOLCHAIN=local GOPROXY=off GOFLAGS= GOWORK=off GO111MODULE=off)
  # Without a home directory Go's build cache has no default location.
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
