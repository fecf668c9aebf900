// Helpers of the heap tests: set the sampling interval and inspect the sampler's tables.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "pprof/pprof.h"
#include "profiler/profiles/heap/heap_read.h"
#include "profiler/profiles/heap/heap_support.h"
#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/signal_safe/thread_state.h"
#include "tests/function_names.h"

namespace pprof {

// Samples at `interval` in the calling thread; the destructor restores the previous interval.
class ScopedInterval {
 public:
  explicit ScopedInterval(size_t interval) : before_(GetSampling()) { Set(interval); }
  ~ScopedInterval() { Set(before_.heap_interval); }
  ScopedInterval(const ScopedInterval&) = delete;
  ScopedInterval& operator=(const ScopedInterval&) = delete;

 private:
  // A thread reads the settings every 256 KiB; after the second time no old countdown remains.
  static void Set(size_t interval) {
    Sampling sampling = GetSampling();
    sampling.heap_interval = interval;
    EXPECT_TRUE(SetSampling(sampling).ok());
    signal_safe::thread_state.bytes_left = 0;
    signal_safe::thread_state.sample_at_zero = false;
    volatile char* look = static_cast<char*>(std::malloc(64));
    std::free(const_cast<char*>(look));
  }

  Sampling before_;
};

// The record of a tracked block.
inline std::optional<signal_safe::LiveRecord> RecordOf(const void* block) {
  signal_safe::LiveRecord record;
  if (!signal_safe::heap_sampler.live.Remove(block, &record)) return std::nullopt;
  signal_safe::heap_sampler.live.Insert(block, record);
  return record;
}

inline bool IsSampled(const void* block) { return RecordOf(block).has_value(); }

// The function that called the allocator.
inline std::string CallerOf(const signal_safe::LiveRecord& record) {
  return pprof::FunctionNames({record.stack->pcs()[0] - 1})[0];
}

// The profile as text, debug=1.
std::string TextOf(const std::string& profile, const Parameters& parameters = {});

// For tests that need our malloc, which is absent under sanitizers.
class HeapTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!profiles::HeapSupport().ok()) GTEST_SKIP() << profiles::HeapSupport().message();
  }
};

}  // namespace pprof
