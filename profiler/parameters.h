// The parameter check shared by Collect() and Recording::Start().
#pragma once

#include "pprof/pprof.h"

namespace pprof {

// Errors: kInvalidArgument for a parameter that the profile type does not declare.
Status CheckParameters(const ProfileType& type, const Parameters& parameters);

}  // namespace pprof
