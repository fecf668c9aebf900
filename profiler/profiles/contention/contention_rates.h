// Who wants contention sampled, and how finely: the program's own setting, and requests for as long
// as they last. In force is the finest that anybody wants; estimates are unbiased at any rate, so
// requests do not disturb each other.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

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

  std::shared_ptr<void> Want(Wanted* wanted, uint64_t value);
  void Apply();  // REQUIRES: mutex_ held

  std::mutex mutex_;  // guards all below, and who sets the rates
  Wanted wanted_intervals_ns_;
  Wanted wanted_fractions_;
};

}  // namespace pprof::profiles
