// Numbers of the process and of the profiler in it, for monitoring systems.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pprof::monitoring {

// Captures that were taken: counted by the watch, which may not allocate then.
inline std::atomic<uint64_t> captures_taken{0};

// A family of metrics as Prometheus knows it.
struct Metric {
  enum class Type { kGauge, kCounter };
  struct Value {
    std::vector<std::pair<std::string, std::string>> labels;  // UTF-8; not escaped
    double number = 0;
  };

  std::string name;  // a counter's ends with _total
  std::string help;
  Type type = Type::kGauge;
  std::vector<Value> values;
};

// process_*, named as Prometheus's client libraries do; tcmalloc_* if tcmalloc serves the process;
// pprof_cpp_*. A value that cannot be read is left out. 0.3 ms. Thread safety: safe.
// Not async-signal-safe: opens files, with descriptors that the program does not see.
std::vector<Metric> ReadMetrics();

}  // namespace pprof::monitoring
