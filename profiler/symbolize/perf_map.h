// Names of code that was made at run time: JIT compilers write /tmp/perf-PID.map for perf.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "profiler/symbolize/engine.h"

namespace pprof::symbolize {

// Answers what it can of `addresses` (of this process, sorted, unique) from this process's own map.
// A map that is a symbolic link or belongs to another user is not read: anybody can write to /tmp.
// Names only; later lines win, since JIT compilers write a line again when they reuse the memory.
// Memory: everything taken is given back. Thread safety: safe. Not signal-safe: opens a file.
void ResolvePerfMap(const std::vector<uint64_t>& addresses, FrameSink& sink);

// The same for the text of such a map: lines of "START SIZE name" in hexadecimal. Others are skipped.
void ResolvePerfMapText(std::string_view map, const std::vector<uint64_t>& addresses,
                        FrameSink& sink);

}  // namespace pprof::symbolize
