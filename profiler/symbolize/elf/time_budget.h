// The wall time one batch may take.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace pprof::symbolize {

// Not thread-safe.
class TimeBudget {
 public:
  using Clock = std::chrono::steady_clock;

  // Damaged or hostile files can ask for quadratic work, so there is an end without a deadline too.
  static constexpr std::chrono::seconds kLongest{60};

  // How often `cancelled` is asked: well below what people notice, and any function is cheap
  // enough.
  static constexpr std::chrono::milliseconds kAskCancelled{20};

  // Spent too when `cancelled`, which may be empty, returns true.
  explicit TimeBudget(Clock::time_point deadline, std::function<bool()> cancelled = nullptr)
      : deadline_(std::min(deadline, Clock::now() + kLongest)), cancelled_(std::move(cancelled)) {}

  // Asked often, so it looks at the clock once in 256 questions (a question covers some
  // microseconds).
  bool Spent() { return !spent_ && questions_++ % 256 == 0 ? SpentNow() : spent_; }

  // For steps of a millisecond and more.
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
