// Inputs of a handler besides the request: options, and counters and limits shared with others.
#pragma once

#include "endpoints/limits/limits.h"
#include "endpoints/limits/refusals.h"
#include "endpoints/limits/request_counters.h"
#include "endpoints/limits/room_reserve.h"
#include "pprof/http.h"

namespace pprof::http {

struct Context {
  const Options& options;
  RefusalCounters& refusals;
  RequestCounters& requests;
  TokenBucket& dumps;
  TokenBucket& lookups;  // of the index and symbol
  RoomReserve* room;     // nullptr: none
};

}  // namespace pprof::http
