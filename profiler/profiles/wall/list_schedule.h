// The schedule by which the wall clock window looks for new threads: a list of 1,000 takes 2 ms, a
// count a microsecond.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pprof::profiles {

// Times are nanoseconds of the monotonic clock. Thread safety: none.
class ListSchedule {
 public:
  // Every 100 ms threads are counted. True: now; the next time is then 100 ms later.
  bool TakeCount(uint64_t now) {
    if (now < next_count_) return false;
    next_count_ = now + kCountEvery;
    return true;
  }

  // Threads are listed when there are others than those that are known; and each second, since one
  // may have ended and another begun. But lists take at most 2 % of a CPU.
  bool IsDue(uint64_t now, bool changed) const {
    return now >= next_list_ || (changed && now >= rest_until_);
  }

  // They were listed in that time.
  void Listed(uint64_t begin, uint64_t end) {
    rest_until_ = end + kRestAfterList * (end - begin);
    next_list_ = std::max(end + kListEvery, rest_until_);
  }

 private:
  static constexpr uint64_t kCountEvery = 100'000'000;
  static constexpr uint64_t kListEvery = 1'000'000'000;
  static constexpr uint64_t kRestAfterList = 50;

  uint64_t next_count_ = 0;
  uint64_t next_list_ = 0;
  uint64_t rest_until_ = 0;
};

}  // namespace pprof::profiles
