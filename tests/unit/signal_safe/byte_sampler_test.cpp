#include "profiler/signal_safe/heap/byte_sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

namespace pprof::signal_safe {
namespace {

// Runs the sampler with a separate thread state: the test program's own malloc uses it, too.
class FreshThreadState {
 public:
  FreshThreadState() : saved_(thread_state) {
    thread_state = {};
    thread_state.random_state = 0x9E3779B97F4A7C15;
    thread_state.started = true;
  }
  ~FreshThreadState() { thread_state = saved_; }

 private:
  ThreadState saved_;
};

// The interval that `bytes` were sampled with, or 0.
uint64_t Allocate(size_t bytes, uint64_t interval) {
  return CountDown(bytes) ? 0 : Expired(bytes, interval);
}

struct Estimate {
  double objects = 0;
  double variance = 0;  // of `objects`, estimated from the samples
};

Estimate SampleMany(size_t size, uint64_t interval, int64_t count) {
  const FreshThreadState fresh;
  Estimate estimate;
  for (int64_t i = 0; i < count; ++i) {
    const uint64_t drawn_with = Allocate(size, interval);
    if (drawn_with == 0) continue;
    const double weight = WeightOf(size, drawn_with);
    estimate.objects += weight;
    estimate.variance += weight * (weight - 1);
  }
  return estimate;
}

class EverySize : public testing::TestWithParam<size_t> {};

TEST_P(EverySize, WeightsAddUpToTheObjectsThereWere) {
  constexpr uint64_t kInterval = 64 * 1024;
  const auto count = static_cast<int64_t>((size_t{512} << 20) / GetParam()) + 1000;
  const Estimate estimate = SampleMany(GetParam(), kInterval, count);
  EXPECT_NEAR(estimate.objects, static_cast<double>(count), 4.5 * std::sqrt(estimate.variance) + 1);
}
INSTANTIATE_TEST_SUITE_P(ByteSampler, EverySize,
                         testing::Values(1, 16, 100, 1000, 4096, 65536, 262143, 262144, 262145,
                                         1 << 20, 3 << 20));

TEST(ByteSampler, DistancesHaveTheVarianceOfAPoissonProcess) {
  constexpr int kRuns = 2000;
  constexpr int kObjects = 4096;  // of 1 KiB at a mean of 64 KiB: 64 samples per run
  double sum = 0, squares = 0;
  const FreshThreadState fresh;
  for (int run = 0; run < kRuns; ++run) {
    int samples = 0;
    for (int i = 0; i < kObjects; ++i) samples += Allocate(1024, 65536) != 0;
    sum += samples;
    squares += double{1} * samples * samples;
  }
  const double mean = sum / kRuns;
  const double variance = squares / kRuns - mean * mean;
  EXPECT_NEAR(mean, 64 * (1 - 1.0 / 128), 1);
  EXPECT_NEAR(variance / mean, 1, 0.15);
}

TEST(ByteSampler, LongIntervalsAreSampledThoughTheCountdownIsShort) {
  constexpr uint64_t kInterval = 16 << 20;  // 64 countdowns of 256 KiB
  const Estimate estimate = SampleMany(8192, kInterval, 1 << 20);
  EXPECT_NEAR(estimate.objects, 1 << 20, 4.5 * std::sqrt(estimate.variance));
}

TEST(ByteSampler, OffSamplesNothing) {
  const FreshThreadState fresh;
  for (int i = 0; i < 1000000; ++i) ASSERT_EQ(Allocate(1000, 0), 0u);
}

TEST(ByteSampler, SwitchingOnIsSeenWithin256KiB) {
  const FreshThreadState fresh;
  for (int i = 0; i < 1000; ++i) Allocate(1000, 0);
  uint64_t bytes = 0;
  while (Allocate(64, 1) == 0) bytes += 64;
  EXPECT_LE(bytes, kLongestCountdown);
}

TEST(ByteSampler, SwitchingOffIsSeenWithin256KiB) {
  const FreshThreadState fresh;
  for (int i = 0; i < 1000; ++i) Allocate(1000, 1024);
  uint64_t bytes = 0;
  for (; bytes < 2 * kLongestCountdown; bytes += 64) Allocate(64, 0);
  EXPECT_FALSE(thread_state.sample_at_zero);
  for (int i = 0; i < 100000; ++i) ASSERT_EQ(Allocate(64, 0), 0u);
}

TEST(ByteSampler, ASampleBelongsToTheIntervalItsDistanceWasDrawnWith) {
  const FreshThreadState fresh;
  while (!thread_state.sample_at_zero) Allocate(64, 4096);
  uint64_t first = 0;
  while (first == 0) first = Allocate(64, 1 << 20);
  EXPECT_EQ(first, 4096u);
}

TEST(ByteSampler, HugeSizesAreSampledAndDoNotStopTheSampling) {
  const FreshThreadState fresh;
  for (const size_t size : {SIZE_MAX - 1, SIZE_MAX - 2, size_t{1} << 63, (size_t{1} << 63) - 1,
                            (size_t{1} << 63) + (256 * 1024)}) {
    ASSERT_EQ(Allocate(size, 4096), 4096u) << size;
    uint64_t bytes = 0;
    while (Allocate(64, 4096) == 0) bytes += 64;
    EXPECT_LT(bytes, uint64_t{64} * 4096) << size;  // e^-64
  }
}

// malloc(0) takes memory like malloc(1).
TEST(ByteSampler, BlocksOfZeroBytesCount) {
  constexpr int64_t kCount = 8 << 20;
  const Estimate estimate = SampleMany(0, 1024, kCount);
  EXPECT_NEAR(estimate.objects, kCount, 4.5 * std::sqrt(estimate.variance));
}

TEST(ByteSampler, ACountCanBeTakenBack) {
  const FreshThreadState fresh;
  while (!thread_state.sample_at_zero) Allocate(64, 1 << 20);
  for (const size_t size : {size_t{0}, size_t{100}, size_t{1} << 40, SIZE_MAX}) {
    const uint64_t before = thread_state.bytes_left;
    CountDown(size);
    CountBack(size);
    EXPECT_EQ(thread_state.bytes_left, before) << size;
  }
}

TEST(ByteSampler, ThreadsDrawDifferentDistances) {
  uint64_t states[2];
  for (uint64_t& state : states) {
    const FreshThreadState fresh;
    thread_state.started = false;
    Allocate(1, 1000);
    state = thread_state.random_state;
  }
  EXPECT_NE(states[0], states[1]);
}

}  // namespace
}  // namespace pprof::signal_safe
