// Whether this process's allocations reach the heap sampler.
#pragma once

#include "pprof/status.h"

namespace pprof::profiles {

// OK, or kUnsupported with the reason and a remedy: a sanitizer, Valgrind or another allocator
// replaces malloc, or the link order left the profiler's out. Tested, not guessed: allocates and
// checks whether this thread's countdown moved. The first result is kept. Thread safety: safe.
// Not async-signal-safe: allocates.
const Status& HeapSupport();

// The same, but tested at every call.
Status CheckHeapSupport();

}  // namespace pprof::profiles
