// What the system tells of the process now.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/sys/memory_limits/memory_left.h"
#include "profiler/sys/process/process_usage.h"

namespace pprof::monitoring {

struct ProcessFacts {
  int32_t id = 0;
  std::string program;           // UTF-8 without control characters
  int64_t start_boot_nanos = 0;  // of BootNanos(); -1: unknown
  sys::ProcessUsage usage;
  sys::MemoryLimit limit;  // no source: unknown
};

// 0.2 ms. Thread safety: safe. Not async-signal-safe: opens files, with descriptors that the
// program does not see.
ProcessFacts ReadProcessFacts();

}  // namespace pprof::monitoring
