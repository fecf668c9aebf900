// What keeps profiling from costing the program more than it can bear: recordings at once, dumps a
// second.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

namespace pprof::http {

// Recordings at once in the whole process, however many servers it runs.
constexpr int kMaxRecordings = 2;

// `burst` dumps at once, `per_second` in the long run. Without a lock or a destructor, so that one
// can be static. Thread safety: safe.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  // REQUIRES: per_second > 0, burst >= 1.
  constexpr TokenBucket(double per_second, double burst)
      : interval_(ToDuration(1 / per_second)), tolerance_(ToDuration((burst - 1) / per_second)) {}

  // True when there was one to take. `now` never goes back.
  bool Take(Clock::time_point now = Clock::now());

 private:
  // Of no number (infinite / infinite), too, the longest.
  static constexpr Clock::duration ToDuration(double seconds) {
    constexpr double kLongest = 1e9;  // 30 years; the clock counts 292
    return std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(std::min(kLongest, seconds)));
  }

  const Clock::duration interval_;
  const Clock::duration tolerance_;
  // When the bucket will be full but for one: the generic cell rate algorithm (ITU-T I.371).
  std::atomic<Clock::rep> arrival_{0};
};

}  // namespace pprof::http
