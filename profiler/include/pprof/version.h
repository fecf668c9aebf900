// The version of the headers that a program is compiled with; CMake reads it from here.
// Before 1.0 each minor version may break sources, and each may change its numbers.
#pragma once

#define PPROF_CPP_VERSION_MAJOR 0
#define PPROF_CPP_VERSION_MINOR 2
#define PPROF_CPP_VERSION_PATCH 0

// For comparisons in #if: 0.2.0 is 200, 1.2.3 is 10203.
#define PPROF_CPP_VERSION \
  (PPROF_CPP_VERSION_MAJOR * 10000 + PPROF_CPP_VERSION_MINOR * 100 + PPROF_CPP_VERSION_PATCH)

// For people: "0.2.0".
#define PPROF_CPP_QUOTE(text) #text
#define PPROF_CPP_JOIN(major, minor, patch) \
  PPROF_CPP_QUOTE(major) "." PPROF_CPP_QUOTE(minor) "." PPROF_CPP_QUOTE(patch)
#define PPROF_CPP_VERSION_TEXT \
  PPROF_CPP_JOIN(PPROF_CPP_VERSION_MAJOR, PPROF_CPP_VERSION_MINOR, PPROF_CPP_VERSION_PATCH)
