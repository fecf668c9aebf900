// Sampled blocks add to their stack's counters and take away again. The blocks are made up, at
// intervals at which each stands for many: exact numbers, no chance.
#include <gtest/gtest.h>

#include <cmath>

#include "profiler/signal_safe/hooks/on_alloc.h"
#include "tests/unit/signal_safe/heap_test_support.h"

namespace pprof::signal_safe {
namespace {

constexpr uint64_t kInterval = 512 * 1024;

class HeapWeights : public HeapTest {
 protected:
  // No allocator hands these out: they are inside a variable of the program.
  static void* Block(size_t index) {
    alignas(4096) static char memory[4 * 4096];
    return memory + 64 * index;
  }

  // One stack for all of a test's calls from one place.
  __attribute__((noinline)) static HeapStack* Sample(size_t index, size_t size,
                                                     uint64_t interval = kInterval) {
    OnAlloc(Block(index), size, interval, __builtin_return_address(0));
    return RecordOf(Block(index))->stack;
  }

  static int64_t Bytes(size_t size, uint64_t interval = kInterval) {
    return std::llround(WeightOf(size, interval) * static_cast<double>(size));
  }
};

void ExpectLive(const HeapStack& stack, double objects, int64_t bytes) {
  EXPECT_EQ(stack.Live().count, FixedCount::Of(objects));
  EXPECT_EQ(stack.Live().bytes, bytes);
}

profiles::HeapUse ReadUse(const HeapStack* stack) {
  for (const profiles::HeapUse& use : profiles::ReadHeap()) {
    if (use.stack == stack) return use;
  }
  return {};
}

TEST_F(HeapWeights, ASampleStandsForItsWeight) {
  HeapStack* stack = Sample(0, 1000);
  const double weight = WeightOf(1000, kInterval);
  EXPECT_NEAR(weight, 524.264, 0.001);
  ExpectLive(*stack, weight, Bytes(1000));
  const profiles::HeapUse use = ReadUse(stack);
  EXPECT_EQ(use.allocated_objects, 524);
  EXPECT_EQ(use.in_use_objects, 524);
  EXPECT_EQ(use.allocated_bytes, Bytes(1000));
  EXPECT_EQ(use.in_use_bytes, Bytes(1000));
  OnFree(Block(0));
}

TEST_F(HeapWeights, OfAFreedSampleTheTotalsStay) {
  HeapStack* stack = Sample(0, 24);
  OnFree(Block(0));
  ExpectLive(*stack, 0, 0);
  const profiles::HeapUse use = ReadUse(stack);
  EXPECT_EQ(use.allocated_objects, std::llround(WeightOf(24, kInterval)));
  EXPECT_EQ(use.allocated_bytes, Bytes(24));
  EXPECT_EQ(use.in_use_objects, 0);
  EXPECT_EQ(use.in_use_bytes, 0);
}

// Each sample has the weight of its size and its interval, not of their average.
TEST_F(HeapWeights, SizesAndIntervalsOfOneStackAreWeightedEach) {
  const struct {
    size_t size;
    uint64_t interval;
  } samples[] = {{16, kInterval}, {3 << 20, kInterval}, {16, 4096}, {1000, 1}};
  FixedCounter objects{};
  int64_t bytes = 0;
  HeapStack* stack = nullptr;
  for (size_t i = 0; i < std::size(samples); ++i) {
    stack = Sample(i, samples[i].size, samples[i].interval);
    objects.Add(FixedCount::Of(WeightOf(samples[i].size, samples[i].interval)));
    bytes += Bytes(samples[i].size, samples[i].interval);
  }
  EXPECT_EQ(stack->Live().count, objects.Load());
  EXPECT_EQ(stack->Live().bytes, bytes);
  for (size_t i = 0; i < std::size(samples); ++i) OnFree(Block(i));
  ExpectLive(*stack, 0, 0);
}

TEST_F(HeapWeights, AResizedSampleKeepsItsWeight) {
  HeapStack* stack = Sample(0, 1000);
  const double weight = WeightOf(1000, kInterval);
  for (const size_t size : {1200, 8, 0, 5000}) {
    ReallocRecord(Block(0)).Stayed(size);
    ExpectLive(*stack, weight, std::llround(weight * static_cast<double>(size)));
  }
  EXPECT_EQ(ReadUse(stack).allocated_bytes, Bytes(1000));
  OnFree(Block(0));
  ExpectLive(*stack, 0, 0);
}

TEST_F(HeapWeights, AReallocThatFailedOrMovedLeavesNothingWrong) {
  HeapStack* stack = Sample(0, 1000);
  ReallocRecord(Block(0)).Failed();
  ExpectLive(*stack, WeightOf(1000, kInterval), Bytes(1000));
  ReallocRecord(Block(0)).Moved();
  ExpectLive(*stack, 0, 0);
  EXPECT_FALSE(IsSampled(Block(0)));
  ReallocRecord(Block(0)).Stayed(500);  // of a block that is not followed
  ExpectLive(*stack, 0, 0);
}

// It was freed behind our back, and the allocator hands its address out again.
TEST_F(HeapWeights, ABlockThatComesTwiceIsFreedFirst) {
  Sample(0, 1000);
  HeapStack* stack = Sample(0, 24);
  EXPECT_EQ(RecordOf(Block(0))->size, 24u);
  OnFree(Block(0));
  ExpectLive(*stack, 0, 0);
}

TEST_F(HeapWeights, WhatIsNotFollowedIsNotFreed) {
  HeapStack* stack = Sample(0, 1000);
  OnFree(Block(1));
  ExpectLive(*stack, WeightOf(1000, kInterval), Bytes(1000));
  OnFree(Block(0));
  OnFree(Block(0));
  ExpectLive(*stack, 0, 0);
}

TEST_F(HeapWeights, OldBlocksAreAddedUpByStack) {
  HeapStack* stack = nullptr;
  volatile size_t blocks = 3;  // a compiler that knew the number could make three stacks of it
  for (size_t i = 0; i < blocks; ++i) stack = Sample(i, 1000);
  const uint64_t now = RecordOf(Block(2))->allocated_at_ms;
  for (const profiles::HeapUse& use : profiles::ReadOld(0, now)) {
    if (use.stack != stack) continue;
    EXPECT_EQ(use.in_use_objects, std::llround(3 * WeightOf(1000, kInterval)));
    EXPECT_EQ(use.in_use_bytes, std::llround(3 * WeightOf(1000, kInterval) * 1000));
    EXPECT_EQ(use.allocated_objects, 0);
    for (size_t i = 0; i < 3; ++i) OnFree(Block(i));
    return;
  }
  FAIL() << "the stack is not among the old ones";
}

}  // namespace
}  // namespace pprof::signal_safe
