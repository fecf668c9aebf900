// Whether this process's allocations reach the heap sampler.
#pragma once

#include "pprof/status.h"

namespace pprof::profiles {

// OK, or kUnsupported with a sentence that says why nothing is sampled and what to do: a sanitizer,
// Valgrind or another allocator owns malloc, or the link order left ours out. Tried out, not
// guessed: it allocates and looks whether this thread's countdown moved. The first answer is kept.
// Thread safety: safe. Not signal-safe: allocates.
const Status& HeapSupport();

// The same, tried again at every call.
Status CheckHeapSupport();

}  // namespace pprof::profiles
