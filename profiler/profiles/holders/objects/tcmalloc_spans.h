// tcmalloc's spans, through its public interface.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "profiler/profiles/holders/objects/object_table.h"

namespace pprof::profiles::holders {

struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// Ownership: `spans` belongs to the memory it was read into.
struct TcmallocSpans {
  RawSpan* spans = nullptr;  // those in use, ascending
  size_t count = 0;
  std::vector<AddressRange> ranges;  // all of tcmalloc's pages, also the free ones, ascending
};

// An address in the module that tcmalloc is in, a library of its own or the preload library. Thread
// safety: safe.
uint64_t AddressInTcmalloc();

// Why the spans cannot be read, as part of a sentence; empty if they can: the program has another
// allocator, or tcmalloc linked statically, whose lists of free objects lie among the program's
// variables. Thread safety: safe. Not async-signal-safe: takes the loader's lock.
std::string WhyNoSpans();

// 12 to 19 ms for each GiB of small objects; tcmalloc's lock is held for a few spans at a time.
// False: no memory. Thread safety: safe. Not async-signal-safe: locks.
bool ReadTcmallocSpans(RequestMemory* memory, TcmallocSpans* spans);

}  // namespace pprof::profiles::holders
