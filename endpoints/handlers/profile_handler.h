// Serves any profile of the registry: as it is now, as a delta over `seconds`, or recorded for
// `seconds`. Nothing is sent before everything has succeeded.
#pragma once

#include <string_view>

#include "endpoints/limits/context.h"
#include "pprof/http.h"
#include "pprof/pprof.h"

namespace pprof::http {

// Seconds that a recording takes when the request does not say; Go's number.
constexpr int kDefaultSeconds = 30;
constexpr int kDefaultHz = 100;

// GET and HEAD; HEAD checks the parameters and collects nothing.
Response ServeProfile(const ProfileType& type, const Request& request, const Context& context);

// POST to an action of a profile, e.g. /debug/pprof/peak/reset.
Response RunAction(const ProfileAction& action, const Request& request);

// True when answering takes seconds: a recording or a delta. Decides the lane of the request.
bool TakesSeconds(const ProfileType& type, std::string_view query);

}  // namespace pprof::http
