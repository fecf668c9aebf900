// The wall-clock time that a batch may take.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace pprof::symbolize {

// Thread safety: none.
class TimeBudget {
 public:
  using Clock = std::chrono::steady_clock;

  // Damaged or hostile files can cause quadratic work, so there is a limit even without a deadline.
  static constexpr std::chrono::seconds kLongest{60};

  // Interval for polling `cancelled`: short for humans, and long enough for any function to be
  // cheap.
  static constexpr std::chrono::milliseconds kAskCancelled{20};

  // Also spent when `cancelled`, which may be empty, returns true.
  explicit TimeBudget(Clock::time_point deadline, std::function<bool()> cancelled = nullptr)
      : deadline_(std::min(deadline, Clock::now() + kLongest)), cancelled_(std::move(cancelled)) {}

  // Called often, so it reads the clock once in 256 calls (calls are some microseconds apart).
  bool Spent() { return !spent_ && questions_++ % 256 == 0 ? SpentNow() : spent_; }

  // For steps of at least a millisecond.
  bool SpentNow() {
    const Clock::time_point now = Clock::now();
    spent_ = spent_ || now >= deadline_ || IsCancelled(now);
    return spent_;
  }

 private:
  bool IsCancelled(Clock::time_point now) {
    if (!cancelled_ || now < ask_again_) return false;
    ask_again_ = now + kAskCancelled;
    return cancelled_();
  }

  Clock::time_point deadline_;
  std::function<bool()> cancelled_;
  Clock::time_point ask_again_{};
  uint32_t questions_ = 0;
  bool spent_ = false;
};

}  // namespace pprof::symbolize
