// The contention profiles. Defined in contention.cpp, listed in builtin.cpp.
#pragma once

#include "pprof/pprof.h"

namespace pprof::profiles {

// Stacks that waited for a lock, condition, semaphore, futex or thread exit.
ProfileType BlockProfile();

// Stacks that released a contended lock, with the delay of its waiters.
ProfileType MutexProfile();

}  // namespace pprof::profiles
