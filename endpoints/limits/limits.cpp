#include "endpoints/limits/limits.h"

namespace pprof::http {

bool TokenBucket::Take(Clock::time_point now) {
  const Clock::rep at = now.time_since_epoch().count();
  Clock::rep arrival = arrival_.load(std::memory_order_relaxed);
  Clock::rep next = 0;
  do {
    const Clock::rep begin = std::max(arrival, at);
    if (begin - at > tolerance_.count()) return false;
    next = begin + interval_.count();
  } while (!arrival_.compare_exchange_weak(arrival, next, std::memory_order_relaxed));
  return true;
}

}  // namespace pprof::http
