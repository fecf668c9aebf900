// The profiles of who waits for whom. Defined in contention.cpp, listed in builtin.cpp.
#pragma once

#include "pprof/pprof.h"

namespace pprof::profiles {

// Stacks that waited for a lock, a condition, a semaphore, a futex or a thread's end.
ProfileType BlockProfile();

// Stacks that released a lock others waited for, with what these lost.
ProfileType MutexProfile();

}  // namespace pprof::profiles
