// Whether this process's allocations reach the heap sampler.
#pragma once

#include <string>

#include "pprof/status.h"

namespace pprof::profiles {

// OK, or kUnsupported with the reason and a remedy: a sanitizer, Valgrind or another allocator
// replaces malloc, or the link left the profiler's out or hid it. Tested, not guessed: allocates
// with the malloc that the C library calls and checks whether this thread's countdown moved. The
// first result is kept. Thread safety: safe. Not async-signal-safe: takes the loader's lock.
const Status& HeapSupport();

// The same, but tested at every call.
Status CheckHeapSupport();

// The module whose operator new the process's libraries call; empty if it is the profiler's. The
// heap profile then shows what that operator takes from malloc. Thread safety: safe.
// Not async-signal-safe: takes the loader's lock.
std::string OperatorNewAnswer();

}  // namespace pprof::profiles
