// The CPU profile. Defined in cpu.cpp, listed in builtin.cpp.
#pragma once

#include "pprof/pprof.h"

namespace pprof::profiles {

ProfileType CpuProfile();

}  // namespace pprof::profiles
