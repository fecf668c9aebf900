// Names for addresses of this process: for an application's own logs and crash reports.
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
  std::string function;     // as people write it, without parameters: "ns::Box::Put"
  std::string system_name;  // as the linker knows it, mangled if it is
  std::string file;         // empty: unknown
  int line = 0;             // 0: unknown
  bool inlined = false;     // its code is part of the next frame's function
};
// The innermost inlined function first, the one that is really there last. Empty: no name anywhere.
using Frames = std::vector<Frame>;

// The frames of each address, in the addresses' order. A return address belongs to the call before
// it: subtract 1. Looks all of them up in one batch, so ask for many at once; what was asked before
// comes from a cache. Takes milliseconds to seconds. Code of JIT compilers has the names they write
// to /tmp/perf-PID.map.
// Thread safety: safe. Not signal-safe: opens files, allocates, takes locks. A handler of a crash
// signal may write addresses down and hand them to another thread or process, but not call this.
std::vector<Frames> Symbolize(const std::vector<uint64_t>& addresses);

// How much memory the names that profiles and Symbolize() asked for may take: 32 MB by default,
// about 80,000 places of a large C++ program. Takes effect at once; 0 remembers nothing. When it is
// full, the names go that nobody asked for longest. Thread safety: safe. Not signal-safe: locks.
void SetSymbolCacheBytes(size_t bytes);

}  // namespace pprof
