// Inputs of a handler besides the request: options, and limits shared with other requests.
#pragma once

#include "endpoints/limits/limits.h"
#include "endpoints/limits/refusals.h"
#include "pprof/http.h"

namespace pprof::http {

struct Context {
  const Options& options;
  RefusalCounters& refusals;
  TokenBucket& dumps;
  TokenBucket& lookups;  // of the index and symbol
};

}  // namespace pprof::http
