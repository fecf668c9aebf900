#include "profiler/signal_safe/heap/page_filter.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace pprof::signal_safe {
namespace {

const void* Address(uint64_t value) { return reinterpret_cast<const void*>(value); }

TEST(PageFilter, HoldsWhatWasAddedUntilItIsRemoved) {
  static PageFilter filter;
  EXPECT_FALSE(filter.MayHoldSample(Address(0x7f0000001010)));
  filter.Add(Address(0x7f0000001010));
  EXPECT_TRUE(filter.MayHoldSample(Address(0x7f0000001010)));
  filter.Remove(Address(0x7f0000001010));
  EXPECT_FALSE(filter.MayHoldSample(Address(0x7f0000001010)));
}

TEST(PageFilter, AllOfAPageAnswersAndItsNeighboursDoNot) {
  static PageFilter filter;
  filter.Add(Address(0x5000));
  EXPECT_TRUE(filter.MayHoldSample(Address(0x5fff)));
  EXPECT_FALSE(filter.MayHoldSample(Address(0x4fff)));
  EXPECT_FALSE(filter.MayHoldSample(Address(0x6000)));
}

TEST(PageFilter, NullIsNeverSampled) {
  static PageFilter filter;
  EXPECT_FALSE(filter.MayHoldSample(nullptr));
}

TEST(PageFilter, MoreSamplesThanCanBeCountedStayForEver) {
  static PageFilter filter;
  for (int i = 0; i < 300; ++i) filter.Add(Address(0x8000));
  for (int i = 0; i < 300; ++i) filter.Remove(Address(0x8000));
  EXPECT_TRUE(filter.MayHoldSample(Address(0x8000)));
}

TEST(PageFilter, ThreadsThatAddAndRemoveLeaveNothingBehind) {
  static PageFilter filter;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 200000; ++i) {
        filter.Add(Address(0x9000));
        ASSERT_TRUE(filter.MayHoldSample(Address(0x9000)));
        filter.Remove(Address(0x9000));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(filter.MayHoldSample(Address(0x9000)));
}

}  // namespace
}  // namespace pprof::signal_safe
