#include "profiler/signal_safe/tables/sample_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <vector>

namespace pprof::signal_safe {
namespace {

struct Seen {
  uint64_t samples = 0;
  uint64_t weight = 0;
  std::map<int32_t, uint32_t> last_of;  // by thread: its numbers must arrive in order
  bool in_order = true;
  bool whole = true;
};

void See(const RingSample& sample, Seen& seen) {
  ++seen.samples;
  seen.weight += sample.weight;
  if (sample.label_set <= seen.last_of[sample.tid]) seen.in_order = false;
  seen.last_of[sample.tid] = sample.label_set;
  for (uint32_t i = 0; i < sample.depth; ++i) {
    if (sample.pcs[i] != sample.label_set) seen.whole = false;
  }
}

void DrainInto(SampleRing& ring, Seen& seen) {
  ring.Drain([&](const RingSample& sample) { See(sample, seen); });
}

bool Push(SampleRing& ring, int32_t tid, uint32_t number) {
  RingSample* sample = ring.Claim(1);
  if (sample == nullptr) return false;
  sample->tid = tid;
  sample->weight = 1;
  sample->label_set = number;
  sample->depth = 20;
  for (uint32_t i = 0; i < sample->depth; ++i) sample->pcs[i] = number;
  ring.Publish(sample);
  return true;
}

// In static memory, like the real one: its members have no initializers.
SampleRing& Ring() {
  static SampleRing ring;
  EXPECT_TRUE(ring.Prepare());
  return ring;
}

TEST(SampleRing, NotPreparedMeansLost) {
  static SampleRing ring;
  EXPECT_EQ(ring.Claim(3), nullptr);
  EXPECT_EQ(ring.lost(), 3u);
}

TEST(SampleRing, FullRingDropsAndCounts) {
  SampleRing& ring = Ring();
  uint32_t pushed = 0;
  while (Push(ring, 1, pushed + 1)) ++pushed;
  EXPECT_GE(pushed, 1024u);
  EXPECT_EQ(ring.lost(), 1u);
  EXPECT_EQ(ring.Claim(7), nullptr);
  EXPECT_EQ(ring.lost(), 8u);
  Seen seen;
  DrainInto(ring, seen);
  EXPECT_EQ(seen.samples, pushed);
  EXPECT_TRUE(seen.in_order);
  EXPECT_TRUE(Push(ring, 1, pushed + 1));
}

TEST(SampleRing, AnUnpublishedSampleHoldsTheReaderBack) {
  SampleRing& ring = Ring();
  RingSample* first = ring.Claim(1);
  ASSERT_TRUE(Push(ring, 2, 1));
  Seen seen;
  DrainInto(ring, seen);
  EXPECT_EQ(seen.samples, 0u);
  first->tid = 1;
  first->weight = 1;
  first->label_set = 1;
  first->depth = 0;
  ring.Publish(first);
  DrainInto(ring, seen);
  EXPECT_EQ(seen.samples, 2u);
}

TEST(SampleRing, AForkedChildForgetsWhatWasClaimed) {
  SampleRing& ring = Ring();
  ASSERT_NE(ring.Claim(1), nullptr);
  ring.OnForkChild();
  ASSERT_TRUE(ring.Prepare());
  ASSERT_TRUE(Push(ring, 1, 1));
  Seen seen;
  DrainInto(ring, seen);
  EXPECT_EQ(seen.samples, 1u);
}

TEST(SampleRing, ManyWritersLoseNothingUncounted) {
  SampleRing& ring = Ring();
  constexpr int kWriters = 8;
  constexpr uint32_t kEach = 50000;
  std::atomic<int> running{kWriters};
  std::vector<std::thread> writers;
  for (int32_t tid = 1; tid <= kWriters; ++tid) {
    writers.emplace_back([&ring, &running, tid] {
      for (uint32_t i = 1; i <= kEach; ++i) Push(ring, tid, i);
      --running;
    });
  }
  Seen seen;
  while (running > 0) DrainInto(ring, seen);
  for (std::thread& writer : writers) writer.join();
  DrainInto(ring, seen);
  EXPECT_EQ(seen.samples + ring.lost(), uint64_t{kWriters} * kEach);
  EXPECT_TRUE(seen.in_order);
  EXPECT_TRUE(seen.whole);
}

}  // namespace
}  // namespace pprof::signal_safe
