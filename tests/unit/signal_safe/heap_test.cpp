// Heap profiles of known allocations.
#include <gperftools/tcmalloc.h>

#include <algorithm>
#include <sstream>
#include <thread>
#include <vector>

#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/sys/time/clock.h"
#include "tests/unit/signal_safe/heap_test_support.h"

namespace pprof {

std::string TextOf(const std::string& profile, const Parameters& parameters) {
  const Result<Snapshot> snapshot = Collect(profile, parameters);
  if (!snapshot.ok()) return snapshot.status().message();
  std::ostringstream text;
  EXPECT_TRUE(snapshot.value().Symbolize().WriteTo(text, Format::kText).ok());
  return text.str();
}

namespace {

using profiles::HeapUse;
using signal_safe::HeapStack;

__attribute__((noinline)) void* Site(size_t size) {
  void* volatile block = malloc(size);
  return block;
}

__attribute__((noinline)) int AllocateAtDepth(int depth, void** block) {
  if (depth == 0) {
    *block = Site(400);
    return 0;
  }
  const int below = AllocateAtDepth(depth - 1, block);
  asm volatile("");  // prevents turning the recursion into a loop
  return below + 1;
}

HeapUse Find(const std::vector<HeapUse>& stacks, const HeapStack* stack) {
  for (const HeapUse& one : stacks) {
    if (one.stack == stack) return one;
  }
  return {};
}

class HeapProfileTest : public HeapTest {};

TEST_F(HeapProfileTest, CountsObjectsAndBytesAllocatedAndInUse) {
  const ScopedInterval all(1);
  std::vector<void*> blocks(100);
  for (void*& block : blocks) block = Site(1000);
  const HeapStack* stack = RecordOf(blocks[0])->stack;
  for (size_t i = 0; i < 40; ++i) free(blocks[i]);
  const HeapUse read = Find(profiles::ReadHeap(), stack);
  EXPECT_EQ(read.allocated_objects, 100);
  EXPECT_EQ(read.allocated_bytes, 100000);
  EXPECT_EQ(read.in_use_objects, 60);
  EXPECT_EQ(read.in_use_bytes, 60000);
  for (size_t i = 40; i < 100; ++i) free(blocks[i]);
  EXPECT_EQ(Find(profiles::ReadHeap(), stack).in_use_bytes, 0);
}

// With the current interval instead of the sample's, in use would become negative.
TEST_F(HeapProfileTest, InUseStaysRightWhenTheIntervalChanges) {
  std::vector<void*> blocks;
  std::vector<const HeapStack*> stacks;
  for (const size_t interval : {4096, 100, 65536, 1, 1 << 20}) {
    const ScopedInterval scoped(interval);
    for (int i = 0; i < 3000; ++i) {
      blocks.push_back(Site(1000));
      if (const auto record = RecordOf(blocks.back())) stacks.push_back(record->stack);
    }
    for (size_t i = 0; i < 500; ++i) {
      free(blocks[i]);
    }
    blocks.erase(blocks.begin(), blocks.begin() + 500);
    for (const HeapUse& stack : profiles::ReadHeap()) {
      ASSERT_GE(stack.in_use_objects, 0);
      ASSERT_GE(stack.in_use_bytes, 0);
    }
  }
  for (void* block : blocks) free(block);
  ASSERT_FALSE(stacks.empty());
  for (const HeapStack* stack : stacks) {
    EXPECT_EQ(stack->Live().bytes, 0);
    EXPECT_TRUE(stack->Live().count.IsZero());
  }
}

TEST_F(HeapProfileTest, BlocksFreedInAnotherThreadAreForgotten) {
  const ScopedInterval all(1);
  void* block = Site(1000);
  const HeapStack* stack = RecordOf(block)->stack;
  std::thread([block] { free(block); }).join();
  EXPECT_EQ(Find(profiles::ReadHeap(), stack).in_use_objects, 0);
}

// Freed without our hook: the record must be dropped when the address is reused.
TEST_F(HeapProfileTest, BlockFreedBehindOurBackIsForgottenWhenItsAddressIsUsedAgain) {
  const ScopedInterval all(1);
  void* block = Site(1000);
  const HeapStack* stack = RecordOf(block)->stack;
  tc_free(block);
  void* again = Site(1000);
  ASSERT_EQ(again, block) << "tcmalloc returned another address";
  free(again);
  EXPECT_FALSE(IsSampled(block));
  EXPECT_EQ(Find(profiles::ReadHeap(), stack).in_use_objects, 0);
}

TEST_F(HeapProfileTest, StacksAreCutAt128FramesAndSaySo) {
  const ScopedInterval all(1);
  void* shallow;
  void* deep;
  AllocateAtDepth(60, &shallow);
  AllocateAtDepth(300, &deep);
  EXPECT_EQ(RecordOf(shallow)->stack->end, signal_safe::StackEnd::kRoot);
  EXPECT_EQ(RecordOf(deep)->stack->end, signal_safe::StackEnd::kTruncated);
  EXPECT_EQ(RecordOf(deep)->stack->depth, 128u);
  EXPECT_NE(TextOf("heap").find("[truncated]"), std::string::npos);
  free(shallow);
  free(deep);
}

TEST_F(HeapProfileTest, OwnFramesAreCut) {
  const ScopedInterval all(1);
  void* block = Site(400);
  EXPECT_NE(CallerOf(*RecordOf(block)).find("Site"), std::string::npos);
  free(block);
}

// ---- min_age

TEST_F(HeapProfileTest, MinAgeShowsBlocksOfThatAgeAndOlderOnes) {
  const ScopedInterval all(1);
  constexpr uint64_t kAge = 60;
  void* block = Site(1000);
  const uint64_t begin = sys::CoarseMonotonicMillis();
  const uint64_t allocated_at = RecordOf(block)->allocated_at_ms;
  EXPECT_LE(allocated_at, begin);
  const HeapStack* stack = RecordOf(block)->stack;
  const auto old_at = [&](uint64_t now) { return Find(profiles::ReadOld(kAge, now), stack); };
  EXPECT_EQ(old_at(allocated_at + kAge - 1).stack, nullptr);
  EXPECT_EQ(old_at(allocated_at + kAge).in_use_objects, 1);
  EXPECT_EQ(old_at(allocated_at + kAge).in_use_bytes, 1000);
  EXPECT_EQ(old_at(allocated_at + 1000 * kAge).in_use_objects, 1);
  free(block);
  EXPECT_EQ(old_at(allocated_at + kAge).stack, nullptr);
}

TEST_F(HeapProfileTest, MinAgeOfNothingShowsAll) {
  const ScopedInterval all(1);
  void* block = Site(1000);
  const uint64_t now = RecordOf(block)->allocated_at_ms;
  EXPECT_EQ(Find(profiles::ReadOld(0, now), RecordOf(block)->stack).in_use_objects, 1);
  free(block);
}

TEST_F(HeapProfileTest, MinAgeLongerThanTheMachineIsUpShowsNothing) {
  EXPECT_TRUE(profiles::ReadOld(1001, 1000).empty());
  EXPECT_TRUE(profiles::ReadOld(UINT64_MAX, 1000).empty());
  const Result<Snapshot> snapshot = Collect("heap", {{"min_age", "800000h"}});
  ASSERT_TRUE(snapshot.ok()) << snapshot.status().message();
  EXPECT_EQ(snapshot.value().sample_count(), 0u);
}

TEST_F(HeapProfileTest, MinAgeThatIsNoDurationIsRefused) {
  for (const char* text : {"", "ten", "-1s", "1.5h"}) {
    const Result<Snapshot> snapshot = Collect("heap", {{"min_age", text}});
    ASSERT_FALSE(snapshot.ok()) << text;
    EXPECT_EQ(snapshot.status().code(), StatusCode::kInvalidArgument);
  }
}

// ---- peak

TEST_F(HeapProfileTest, PeakShowsTheHighWaterMarkUntilItIsReset) {
  const ScopedInterval all(1);
  const ProfileType* type = FindProfileType("peak");
  ASSERT_NE(type, nullptr);
  ASSERT_TRUE(type->actions[0].run({}).ok());
  constexpr size_t kMuch = 256 << 20;
  void* block = Site(kMuch);
  const HeapStack* stack = RecordOf(block)->stack;
  free(block);
  EXPECT_EQ(Find(profiles::ReadPeak(), stack).in_use_bytes, int64_t{kMuch});
  EXPECT_EQ(Find(profiles::ReadHeap(), stack).in_use_bytes, 0);
  ASSERT_TRUE(type->actions[0].run({}).ok());
  EXPECT_EQ(Find(profiles::ReadPeak(), stack).in_use_bytes, 0);
}

// ---- Detection of support

// A countdown of 0 that was redrawn as 0 looked like a foreign malloc.
TEST_F(HeapProfileTest, EveryIntervalIsTakenForSupported) {
  for (const size_t interval : {0, 1, 2, 64, 65, 524288}) {
    const ScopedInterval scoped(interval);
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(profiles::CheckHeapSupport().ok());
  }
}

// ---- The table of stacks is full

// One distinct stack for each number below 2^bits.
__attribute__((noinline)) int Branch(int bits, unsigned number, void** block);
__attribute__((noinline)) int Left(int bits, unsigned number, void** block) {
  const int below = Branch(bits, number, block);
  asm volatile("");
  return below + 1;
}
__attribute__((noinline)) int Right(int bits, unsigned number, void** block) {
  const int below = Branch(bits, number, block);
  asm volatile("");
  return below + 2;
}
int Branch(int bits, unsigned number, void** block) {
  if (bits == 0) {
    *block = Site(100);
    return 0;
  }
  return (number & 1) != 0 ? Left(bits - 1, number >> 1, block) + 3
                           : Right(bits - 1, number >> 1, block) + 4;
}

void FillTheStackTable() {
  const ScopedInterval all(1);
  void* block = nullptr;
  for (unsigned number = 0; number < 70000; ++number) {
    Branch(17, number, &block);
    free(block);
  }
  Branch(17, 70001, &block);  // not freed
  const Snapshot heap = Collect("heap").value();
  const std::vector<std::string>& names = model::SnapshotAccess::ProfileOf(heap).frame_names;
  if (std::find(names.begin(), names.end(), "pprof::StackTableFull") == names.end()) std::exit(1);
  const signal_safe::HeapStack& overflow = *signal_safe::heap_sampler.stacks.overflow();
  if (overflow.allocated_count.Load().Rounded() < 4000) std::exit(2);
  if (overflow.Live().bytes < 100) std::exit(3);
  std::exit(0);
}

// In its own process: the table is never emptied.
TEST_F(HeapProfileTest, StacksThatFindNoRoomAreShownTogether) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(FillTheStackTable(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace pprof
