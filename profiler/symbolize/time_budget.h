// The wall time one batch may take.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace pprof::symbolize {

// Asked often, so it looks at the clock once in 256 questions (a question covers some
// microseconds). Not thread-safe.
class TimeBudget {
 public:
  using Clock = std::chrono::steady_clock;

  // Damaged or hostile files can ask for quadratic work, so there is an end without a deadline too.
  static constexpr std::chrono::seconds kLongest{60};

  explicit TimeBudget(Clock::time_point deadline)
      : deadline_(std::min(deadline, Clock::now() + kLongest)) {}

  bool Spent() {
    if (!spent_ && questions_++ % 256 == 0) spent_ = Clock::now() >= deadline_;
    return spent_;
  }

 private:
  Clock::time_point deadline_;
  uint32_t questions_ = 0;
  bool spent_ = false;
};

}  // namespace pprof::symbolize
