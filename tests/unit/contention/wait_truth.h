// Exact waits and holds, logged by the threads themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pprof::testing {

// Nanoseconds of the monotonic clock.
uint64_t NowNanos();

// Spins, for hold times independent of the scheduler.
void SpinFor(uint64_t nanos);
// Sleeps; the caller measures the duration.
void SleepFor(uint64_t nanos);

struct Interval {
  uint64_t begin;
  uint64_t end;
};

// One thread's log of one lock. Thread safety: none, one per thread.
struct LockLog {
  std::vector<Interval> waits;
  std::map<std::string, std::vector<Interval>> holds;  // by the holder's name
};

struct WaitTruth {
  double waited_nanos = 0;
  size_t waits = 0;
  std::map<std::string, double> lost_to;  // overlap of all waits with the holds of each name

  double share_of(const std::string& holder) const;
};

// Ignores waits shorter than `shortest` nanoseconds, which did not block.
WaitTruth TruthOf(const std::vector<LockLog>& logs, uint64_t shortest = 2000);

}  // namespace pprof::testing
