// Limits the cost of profiling: concurrent recordings and the rate of dumps.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

namespace pprof::http {

// Maximum concurrent recordings in the process, across all servers. They share one stream of
// samples.
constexpr int kMaxRecordings = 32;

// Allows `burst` dumps at once and `per_second` in the long run. Without a lock or a destructor, so
// that it can be static. Thread safety: safe.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  // REQUIRES: per_second > 0, burst >= 1.
  constexpr TokenBucket(double per_second, double burst)
      : interval_(ToDuration(1 / per_second)), tolerance_(ToDuration((burst - 1) / per_second)) {}

  // Takes a token; false if there is none. `now` must not go back.
  bool Take(Clock::time_point now = Clock::now());

 private:
  // The maximum also for NaN (infinite / infinite).
  static constexpr Clock::duration ToDuration(double seconds) {
    constexpr double kLongest = 1e9;  // 30 years; the clock counts 292
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::min(kLongest, seconds)));
  }

  const Clock::duration interval_;
  const Clock::duration tolerance_;
  // Theoretical arrival time of the generic cell rate algorithm (ITU-T I.371).
  std::atomic<Clock::rep> arrival_{0};
};

}  // namespace pprof::http
