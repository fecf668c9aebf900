// The schedule by which the wall-clock window detects new threads: listing 1,000 takes 2 ms,
// counting them a microsecond.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pprof::profiles {

// Times are nanoseconds of the monotonic clock. Thread safety: none.
class ListSchedule {
 public:
  // Threads are counted every 100 ms. True: count now; the next time is 100 ms later.
  bool TakeCount(uint64_t now) {
    if (now < next_count_) return false;
    next_count_ = now + kCountEvery;
    return true;
  }

  // Threads are listed when the count differs, and each second, since one thread may have ended and
  // another begun. Lists take at most 2 % of a CPU.
  bool IsDue(uint64_t now, bool changed) const {
    return now >= next_list_ || (changed && now >= rest_until_);
  }

  // Notes that a list was made in that time.
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
