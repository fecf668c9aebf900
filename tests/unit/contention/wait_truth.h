// The truth about waits and holds, written down by the threads themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pprof::testing {

// Nanoseconds of the monotonic clock.
uint64_t NowNanos();

// Spins, never sleeps: for hold times that the scheduler has no part in.
void SpinFor(uint64_t nanos);
// Sleeps; the caller measures how long it took.
void SleepFor(uint64_t nanos);

struct Interval {
  uint64_t begin;
  uint64_t end;
};

// What one thread saw of one lock. Thread safety: none, one a thread.
struct LockLog {
  std::vector<Interval> waits;
  std::map<std::string, std::vector<Interval>> holds;  // by the name of who held
};

struct WaitTruth {
  double waited_nanos = 0;
  size_t waits = 0;
  std::map<std::string, double> lost_to;  // overlap of all waits with the holds of each name

  double share_of(const std::string& holder) const;
};

// Only waits of at least `shortest` nanoseconds: shorter ones were none.
WaitTruth TruthOf(const std::vector<LockLog>& logs, uint64_t shortest = 2000);

}  // namespace pprof::testing
