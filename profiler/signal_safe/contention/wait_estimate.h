// The number and the time for which one kept wait or charge stands. Sums of these are unbiased at
// any rate, also when the rate changes between two events: each is weighted with the reciprocal of
// the probability with which it was kept.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/tables/fixed_count.h"

namespace pprof::signal_safe {

struct WaitEstimate {
  FixedCount count;
  uint64_t nanos;
};

// Go's rule: a wait of at least `interval` is kept, a shorter one with probability nanos /
// interval, and then stands for interval / nanos waits. Source: runtime/mprof.go, blocksampled and
// saveBlockEventStack ("Remove sampling bias"). `uniform()` is in (0, 1]. False: not kept.
// Async-signal-safe. REQUIRES: interval > 0.
template <class Uniform>
bool EstimateWait(uint64_t nanos, uint64_t interval, Uniform uniform, WaitEstimate* estimate) {
  if (nanos >= interval) {
    *estimate = {FixedCount::OfWhole(1), nanos};
    return true;
  }
  if (nanos == 0) nanos = 1;
  const double probability = static_cast<double>(nanos) / static_cast<double>(interval);
  if (uniform() > probability) return false;
  *estimate = {FixedCount::Of(1 / probability), interval};
  return true;
}

// Each contended unlock is kept with probability 1/n. Source: runtime/mprof.go, mutexevent.
// `random()` returns 64 uniform bits. 0: off. Async-signal-safe.
template <class Random>
bool KeepsCharge(uint64_t n, Random random) {
  return n == 1 || (n > 1 && random() % n == 0);
}

// A kept charge, for `waits` waits, stands for n. The product is cut at the largest number a
// profile can show: a wrapped number would look like any other. Async-signal-safe.
inline WaitEstimate EstimateCharge(uint64_t nanos, uint64_t waits, uint64_t n) {
  uint64_t all = 0;
  if (__builtin_mul_overflow(nanos, n, &all) || all > INT64_MAX) all = INT64_MAX;
  return {FixedCount::OfWhole(n * waits), all};
}

}  // namespace pprof::signal_safe
