// Who wants contention sampled, and how finely: the program's own setting, and requests for as long
// as they last. In force is the finest that anybody wants; estimates are unbiased at any rate, so
// requests do not disturb each other.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>

#include "profiler/sys/thread/mutex.h"

namespace pprof::profiles {

// Thread safety: safe. Not signal-safe: locks, allocates.
class ContentionRates {
 public:
  // This process's: a forked child has its own, without the parent's requests. Never destroyed.
  static ContentionRates& Instance();

  // The program's own setting; 0: off.
  void SetBlockInterval(std::chrono::nanoseconds interval);
  void SetMutexFraction(uint32_t fraction);
  static std::chrono::nanoseconds block_interval();
  static uint32_t mutex_fraction();

  // Wanted until the answer's last copy is gone; in a forked child that does nothing.
  // REQUIRES: more than 0.
  std::shared_ptr<void> WantBlockInterval(std::chrono::nanoseconds interval);
  std::shared_ptr<void> WantMutexFraction(uint32_t fraction);

 private:
  using Wanted = std::multiset<uint64_t>;

  std::shared_ptr<void> Want(Wanted ContentionRates::*wanted, uint64_t value);
  void Apply() PPROF_REQUIRES(mutex_);

  sys::Mutex mutex_;  // also of the rates in force
  Wanted wanted_intervals_ns_ PPROF_GUARDED_BY(mutex_);
  Wanted wanted_fractions_ PPROF_GUARDED_BY(mutex_);
};

}  // namespace pprof::profiles
