// What keeps profiling from costing the program more than it can bear: recordings at once, dumps a
// second.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

namespace pprof::http {

// Recordings at once in the whole process, however many servers it runs.
constexpr int kMaxRecordings = 2;

// The right to record; given back when destroyed. Thread safety: Take is safe.
class [[nodiscard]] RecordingSlot {
 public:
  // Nothing when kMaxRecordings are running.
  static std::optional<RecordingSlot> Take();

  RecordingSlot(RecordingSlot&& other) noexcept : held_(std::exchange(other.held_, false)) {}
  RecordingSlot& operator=(RecordingSlot&&) = delete;
  ~RecordingSlot();

 private:
  RecordingSlot() = default;
  bool held_ = true;
};

// `burst` dumps at once, `per_second` in the long run. Thread safety: safe.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  TokenBucket(double per_second, double burst)
      : per_second_(per_second), burst_(burst), tokens_(burst) {}

  // True when there was one to take. `now` never goes back.
  bool Take(Clock::time_point now = Clock::now());

 private:
  const double per_second_;
  const double burst_;
  std::mutex mutex_;
  double tokens_;                // guarded by mutex_
  Clock::time_point last_take_;  // guarded by mutex_
};

}  // namespace pprof::http
