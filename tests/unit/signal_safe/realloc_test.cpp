// realloc of sampled blocks: in place, moved, failed, to size 0.
#include <malloc.h>

#include <cerrno>
#include <cstring>

#include "tests/unit/signal_safe/heap_test_support.h"

namespace pprof {
namespace {

class ReallocTest : public HeapTest {
 protected:
  // Memory in use by the stack that allocated `record`.
  static int64_t LiveBytes(const signal_safe::LiveRecord& record) {
    return record.stack->Live().bytes;
  }
  static signal_safe::FixedCount LiveCount(const signal_safe::LiveRecord& record) {
    return record.stack->Live().count;
  }
};

TEST_F(ReallocTest, InPlaceKeepsTheRecordAndCountsTheNewSize) {
  const ScopedInterval all(1);
  void* block = malloc(1000);
  const auto before = RecordOf(block);
  ASSERT_TRUE(before);
  ASSERT_EQ(realloc(block, 1010), block) << "not in place";
  const auto after = RecordOf(block);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->size, 1010u);
  EXPECT_EQ(after->weight, before->weight);
  EXPECT_EQ(after->allocated_at_ms, before->allocated_at_ms);
  EXPECT_EQ(LiveBytes(*after), 1010);
  ASSERT_EQ(realloc(block, 900), block);
  EXPECT_EQ(LiveBytes(*after), 900);
  EXPECT_EQ(LiveCount(*after).Rounded(), 1);
  free(block);
  EXPECT_EQ(LiveBytes(*after), 0);
  EXPECT_TRUE(LiveCount(*after).IsZero());
}

TEST_F(ReallocTest, MovedBlockIsANewAllocation) {
  const ScopedInterval all(1);
  auto* block = static_cast<char*>(malloc(1000));
  std::memset(block, 0x33, 1000);
  const auto before = RecordOf(block);
  auto* moved = static_cast<char*>(realloc(block, 100000));
  ASSERT_NE(moved, block);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(moved[i], 0x33);
  EXPECT_FALSE(IsSampled(block));
  const auto after = RecordOf(moved);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->size, 100000u);
  EXPECT_EQ(LiveBytes(*before), 0);
  EXPECT_EQ(LiveBytes(*after), 100000);
  free(moved);
  EXPECT_EQ(LiveBytes(*after), 0);
}

TEST_F(ReallocTest, UnsampledBlockThatMovesMayBecomeSampled) {
  void* block;
  {
    const ScopedInterval off(0);
    block = malloc(1000);
  }
  const ScopedInterval all(1);
  EXPECT_FALSE(IsSampled(block));
  block = realloc(block, 50000);
  EXPECT_TRUE(IsSampled(block));
  free(block);
}

TEST_F(ReallocTest, FailureLeavesTheBlockAsItWas) {
  const ScopedInterval all(1);
  void* block = malloc(1000);
  errno = 0;
  void* refused = realloc(block, SIZE_MAX / 2);
  EXPECT_EQ(refused, nullptr);
  EXPECT_EQ(errno, ENOMEM);
  const auto record = RecordOf(block);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->size, 1000u);
  EXPECT_EQ(LiveBytes(*record), 1000);
  errno = 0;
  refused = reallocarray(block, SIZE_MAX / 8, 16);
  EXPECT_EQ(refused, nullptr);
  EXPECT_EQ(errno, ENOMEM);
  EXPECT_TRUE(IsSampled(block));
  free(block);
  EXPECT_EQ(LiveBytes(*record), 0);
}

TEST_F(ReallocTest, ToNothingFrees) {
  const ScopedInterval all(1);
  void* block = malloc(1000);
  const auto record = RecordOf(block);
  // NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): glibc's answer is tested
  EXPECT_EQ(realloc(block, 0), nullptr);
  EXPECT_FALSE(IsSampled(block));
  EXPECT_EQ(LiveBytes(*record), 0);
}

TEST_F(ReallocTest, GrowingStepByStepIsFollowedExactly) {
  const ScopedInterval all(1);
  void* block = nullptr;
  for (size_t size = 64; size < 1 << 20; size += size / 7) {
    block = realloc(block, size);
    const auto record = RecordOf(block);
    ASSERT_TRUE(record);
    ASSERT_EQ(record->size, size);
  }
  free(block);
}

}  // namespace
}  // namespace pprof
