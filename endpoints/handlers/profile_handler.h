// Serves any registered profile: its current state, a delta over `seconds`, or a recording of
// `seconds`. Nothing is sent before everything has succeeded.
#pragma once

#include <string_view>

#include "endpoints/answers/answers.h"
#include "endpoints/limits/context.h"
#include "pprof/http.h"
#include "pprof/pprof.h"

namespace pprof::http {

// Default duration of a recording, as in Go.
constexpr int kDefaultSeconds = 30;
constexpr int kDefaultHz = 100;

// GET and HEAD; HEAD checks the parameters and collects nothing.
Answer ServeProfile(const ProfileType& type, const Request& request, const Context& context);

// POST to an action of a profile, e.g. /debug/pprof/peak/reset.
Response RunAction(const ProfileAction& action, const Request& request);

// True for recordings and deltas, which get their own workers.
bool TakesSeconds(const ProfileType& type, std::string_view query);

}  // namespace pprof::http
