// Clocks, medians and CPU load for the benchmarks of the thread profiles.
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace pprof::bench {

inline double SecondsOf(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}
inline double ThreadCpu() { return SecondsOf(CLOCK_THREAD_CPUTIME_ID); }
inline double ProcessCpu() { return SecondsOf(CLOCK_PROCESS_CPUTIME_ID); }
inline double Now() { return SecondsOf(CLOCK_MONOTONIC); }

inline double MillisOf(const std::function<void()>& work, clockid_t clock = CLOCK_MONOTONIC) {
  const double begin = SecondsOf(clock);
  work();
  return (SecondsOf(clock) - begin) * 1e3;
}

// The value below which `share` of all values lie; 0.5 is the median.
inline double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  const auto at = static_cast<size_t>(share * static_cast<double>(values.size()));
  return values[std::min(at, values.size() - 1)];
}
inline double Median(const std::vector<double>& values) { return Quantile(values, 0.5); }

// About 5 us of work.
inline void Spin() {
  for (int i = 0; i < 10000; ++i) __asm__ volatile("" : : "r"(i));
}

}  // namespace pprof::bench
