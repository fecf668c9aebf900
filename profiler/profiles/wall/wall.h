// The wall clock profile. Defined in wall.cpp, listed in builtin.cpp.
#pragma once

#include "pprof/pprof.h"

namespace pprof::profiles {

ProfileType WallProfile();

}  // namespace pprof::profiles
