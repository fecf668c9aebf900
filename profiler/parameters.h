// The check that Collect() and Recording::Start() share.
#pragma once

#include "pprof/pprof.h"

namespace pprof {

// Errors: kInvalidArgument for a parameter that the profile type does not declare.
Status CheckParameters(const ProfileType& type, const Parameters& parameters);

}  // namespace pprof
