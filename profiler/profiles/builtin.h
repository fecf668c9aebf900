// The profiles that every program has: the one place to add one.
#pragma once

#include <vector>

#include "pprof/pprof.h"

namespace pprof::profiles {

// Called once, by the registry, before its first use.
std::vector<ProfileType> BuiltinTypes();

}  // namespace pprof::profiles
