// The profiles of threads. Defined in goroutine.cpp and threadcreate.cpp, listed in builtin.cpp.
#pragma once

#include "pprof/pprof.h"

namespace pprof::profiles {

ProfileType GoroutineProfile();
ProfileType ThreadCreateProfile();

}  // namespace pprof::profiles
