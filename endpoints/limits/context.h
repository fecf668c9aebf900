// What a handler needs besides the request: the options, and the limits it shares with others.
#pragma once

#include "endpoints/limits/limits.h"
#include "endpoints/limits/refusals.h"
#include "pprof/http.h"

namespace pprof::http {

struct Context {
  const Options& options;
  RefusalCounters& refusals;
  TokenBucket& dumps;
};

}  // namespace pprof::http
