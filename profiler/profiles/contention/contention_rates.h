// Combines the contention sampling rates of the program's own setting and of running requests. The
// finest rate is in force; estimates are unbiased at any rate, so requests do not disturb each
// other.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>

#include "profiler/sys/thread/mutex.h"

namespace pprof::profiles {

// Thread safety: safe. Not async-signal-safe: locks, allocates.
class ContentionRates {
 public:
  // This process's rates: a forked child has its own, without the parent's requests. Never freed.
  static ContentionRates& Instance();

  // The program's own setting; 0: off.
  void SetBlockInterval(std::chrono::nanoseconds interval);
  void SetMutexFraction(uint32_t fraction);
  static std::chrono::nanoseconds block_interval();
  static uint32_t mutex_fraction();

  // Requests a rate until the last copy of the result is destroyed; a copy inherited by a forked
  // child has no effect there. REQUIRES: greater than 0.
  std::shared_ptr<void> WantBlockInterval(std::chrono::nanoseconds interval);
  std::shared_ptr<void> WantMutexFraction(uint32_t fraction);

 private:
  using Wanted = std::multiset<uint64_t>;

  std::shared_ptr<void> Want(Wanted ContentionRates::*wanted, uint64_t value);
  void Apply() PPROF_REQUIRES(mutex_);

  sys::Mutex mutex_;  // also guards the rates in force
  Wanted wanted_intervals_ns_ PPROF_GUARDED_BY(mutex_);
  Wanted wanted_fractions_ PPROF_GUARDED_BY(mutex_);
};

}  // namespace pprof::profiles
