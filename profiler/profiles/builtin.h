// The built-in profiles. New ones are added here.
#pragma once

#include <vector>

#include "pprof/pprof.h"

namespace pprof::profiles {

// Called by the registry before its first use.
std::vector<ProfileType> BuiltinTypes();

}  // namespace pprof::profiles
