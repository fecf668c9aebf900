#include "tests/unit/contention/wait_truth.h"

#include <time.h>

#include <algorithm>

namespace pprof::testing {
namespace {

// Both sorted by begin; the holds of a lock do not overlap.
double Overlap(const std::vector<Interval>& waits, const std::vector<Interval>& holds) {
  double nanos = 0;
  for (const Interval& wait : waits) {
    auto hold = std::lower_bound(holds.begin(), holds.end(), wait.begin,
                                 [](const Interval& h, uint64_t at) { return h.end < at; });
    for (; hold != holds.end() && hold->begin < wait.end; ++hold) {
      const uint64_t begin = std::max(wait.begin, hold->begin);
      const uint64_t end = std::min(wait.end, hold->end);
      if (end > begin) nanos += static_cast<double>(end - begin);
    }
  }
  return nanos;
}

using Holds = std::map<std::string, std::vector<Interval>>;

// Delays until one of the waiters has woken up belong to the next holder: a hold begins where the
// previous one ended.
void CloseGaps(Holds* holds) {
  std::vector<Interval*> all;
  for (auto& entry : *holds) {
    for (Interval& hold : entry.second) all.push_back(&hold);
  }
  std::sort(all.begin(), all.end(),
            [](const Interval* a, const Interval* b) { return a->begin < b->begin; });
  for (size_t i = 1; i < all.size(); ++i) {
    all[i]->begin = std::min(all[i]->begin, all[i - 1]->end);
  }
}

}  // namespace

uint64_t NowNanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

void SpinFor(uint64_t nanos) {
  for (const uint64_t end = NowNanos() + nanos; NowNanos() < end;) {
  }
}

void SleepFor(uint64_t nanos) {
  const timespec time{static_cast<time_t>(nanos / 1000000000),
                      static_cast<long>(nanos % 1000000000)};
  nanosleep(&time, nullptr);
}

double WaitTruth::share_of(const std::string& holder) const {
  double all = 0;
  for (const auto& [name, nanos] : lost_to) all += nanos;
  return all == 0 ? 0 : lost_to.at(holder) / all;
}

WaitTruth TruthOf(const std::vector<LockLog>& logs, uint64_t shortest) {
  std::vector<Interval> waits;
  Holds holds;
  for (const LockLog& log : logs) {
    for (const Interval& wait : log.waits) {
      if (wait.end - wait.begin >= shortest) waits.push_back(wait);
    }
    for (const auto& [name, list] : log.holds) {
      holds[name].insert(holds[name].end(), list.begin(), list.end());
    }
  }
  CloseGaps(&holds);
  WaitTruth truth;
  truth.waits = waits.size();
  for (const Interval& wait : waits)
    truth.waited_nanos += static_cast<double>(wait.end - wait.begin);
  for (auto& [name, list] : holds) {
    std::sort(list.begin(), list.end(),
              [](const Interval& a, const Interval& b) { return a.begin < b.begin; });
    truth.lost_to[name] = Overlap(waits, list);
  }
  return truth;
}

}  // namespace pprof::testing
