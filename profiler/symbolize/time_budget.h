// The wall time one batch may take.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace pprof::symbolize {

// Not thread-safe, but for the flag.
class TimeBudget {
 public:
  using Clock = std::chrono::steady_clock;

  // Damaged or hostile files can ask for quadratic work, so there is an end without a deadline too.
  static constexpr std::chrono::seconds kLongest{60};

  // Spent too when `cancelled`, which may be null, turns true.
  explicit TimeBudget(Clock::time_point deadline, const std::atomic<bool>* cancelled = nullptr)
      : deadline_(std::min(deadline, Clock::now() + kLongest)), cancelled_(cancelled) {}

  // Asked often, so it looks at the clock once in 256 questions (a question covers some
  // microseconds).
  bool Spent() { return !spent_ && questions_++ % 256 == 0 ? SpentNow() : spent_; }

  // For steps of a millisecond and more.
  bool SpentNow() {
    spent_ = spent_ || Clock::now() >= deadline_ ||
             (cancelled_ != nullptr && cancelled_->load(std::memory_order_relaxed));
    return spent_;
  }

 private:
  Clock::time_point deadline_;
  const std::atomic<bool>* cancelled_;
  uint32_t questions_ = 0;
  bool spent_ = false;
};

}  // namespace pprof::symbolize
