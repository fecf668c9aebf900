// Decides from readings when a capture is due. Knows no files and no clock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pprof/watch.h"

namespace pprof::watch {

// What the process uses at one moment.
struct Reading {
  int64_t nanos = 0;  // of a clock that is never set
  double share = 0;   // of the limit that is nearest
  double limit = 0;   // bytes
  double resident = 0;
  int64_t cpu_nanos = 0;  // of all threads since the process started
  size_t threads = 0;     // 0: unknown
  bool asked = false;     // by a signal
  bool lock_waits = false;
  bool deadlock = false;
};

// Thread safety: none.
class Rules {
 public:
  // `now`: Reading::nanos at the start of the watch.
  Rules(const WatchOptions& options, int64_t now);

  // The reason for a capture, or nullptr. Allocates nothing.
  const char* Check(const Reading& reading);

  // The lowest share above `share` that a rule of memory waits for; 1 if there is none.
  double NextShare(double share) const;

 private:
  // How often a rule may speak.
  class Pace {
   public:
    // Counts and returns true if the rule may speak now.
    bool May(int64_t now, const WatchOptions& options);

   private:
    int64_t last_ = INT64_MIN;
    int64_t day_ = -1;
    int today_ = 0;
  };

  struct MemoryRule {
    double share;
    std::string reason;  // "memory90"
    Pace pace;
    bool armed = true;
  };

  // The last ten values of something, one each kStep.
  class LastTen {
   public:
    void Add(double value) { values_[added_++ % values_.size()] = value; }
    bool full() const { return added_ >= values_.size(); }
    double Mean() const;
    // Growth for each step by least squares; 0 where it is no growth, or no line.
    double Slope() const;

   private:
    double At(size_t age_from_oldest) const {
      return values_[(added_ + age_from_oldest) % values_.size()];
    }

    std::array<double, 10> values_{};
    size_t added_ = 0;
  };

  const char* CheckMemory(const Reading& reading);
  const char* CheckCpu(const Reading& reading);
  const char* CheckSteps(const Reading& reading);
  bool IsNewMark(const Reading& reading);
  bool FillsSoon(const Reading& reading) const;
  bool HasMoreThreads(const Reading& reading) const;

  const WatchOptions options_;
  const int64_t start_;
  std::vector<MemoryRule> memory_;  // the highest share first
  Pace high_water_pace_;
  Pace slope_pace_;
  Pace cpu_pace_;
  Pace threads_pace_;
  Pace lock_pace_;
  Pace deadlock_pace_;
  Pace asked_pace_;
  LastTen resident_;
  LastTen shares_;
  LastTen thread_counts_;
  double mark_ = 0;
  int64_t next_step_ = 0;
  int64_t busy_since_ = 0;  // 0: not busy
  Reading before_;          // of the second before
};

}  // namespace pprof::watch
