// Symbolizes addresses of this process, for an application's logs and crash reports.
//
//   for (const pprof::Frames& frames : pprof::Symbolize({address}))
//     for (const pprof::Frame& frame : frames) Log(frame.function, frame.file, frame.line);
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pprof {

// One function at an address.
struct Frame {
  std::string function;     // demangled, without parameters: "ns::Box::Put"
  std::string system_name;  // linkage name, mangled if it is
  std::string file;         // empty: unknown
  int line = 0;             // 0: unknown
  bool inlined = false;     // inlined into the next frame's function
};
// Innermost inlined function first, the physical function last. Empty: no symbol found.
using Frames = std::vector<Frame>;

// The frames of each address, in the order of `addresses`. For a return address subtract 1, to find
// the call before it. One batch per module, so pass many at once; earlier results come from a
// cache. Takes milliseconds to seconds. JIT-compiled code is named from its compiler's
// /tmp/perf-PID.map.
// Errors: none; an unknown address has no frames. Thread safety: safe.
// Not async-signal-safe: opens files, allocates, locks. A crash handler may save addresses and pass
// them to another thread or process, but must not call this.
std::vector<Frames> Symbolize(const std::vector<uint64_t>& addresses);

// Limit in bytes of the cache of symbols for profiles and Symbolize(); default 32 MiB, about 80,000
// locations of a large C++ program. Takes effect at once; 0 disables the cache. Evicts the least
// recently used entries. Thread safety: safe. Not async-signal-safe: locks.
void SetSymbolCacheBytes(size_t bytes);

}  // namespace pprof
