// What the program's own allocators report: exact with an interval of 1, in shares at a longer one.
#include <gtest/gtest.h>

#include <array>
#include <memory_resource>
#include <thread>
#include <vector>

#include "tests/unit/signal_safe/heap_test_support.h"

namespace pprof {
namespace {

constexpr size_t kAllocObjects = 0, kAllocSpace = 1, kInUseObjects = 2, kInUseSpace = 3;

const void* Address(uintptr_t number) {
  return reinterpret_cast<const void*>(0x7e0000000000 + number * 96);
}

__attribute__((noinline)) void TakeForA(uintptr_t number, size_t bytes) {
  ReportAlloc(Address(number), bytes);
  asm volatile("# A");  // otherwise the compiler makes one function of both
}

__attribute__((noinline)) void TakeForB(uintptr_t number, size_t bytes) {
  ReportAlloc(Address(number), bytes);
  asm volatile("# B");
}

// What was reported since it was made.
class Window {
 public:
  int64_t operator[](size_t value) const { return Totals()[value] - before_[value]; }

 private:
  static std::array<int64_t, 4> Totals() {
    std::array<int64_t, 4> totals{};
    for (const profiles::HeapUse& use : profiles::ReadPools()) {
      totals[kAllocObjects] += use.allocated_objects;
      totals[kAllocSpace] += use.allocated_bytes;
      totals[kInUseObjects] += use.in_use_objects;
      totals[kInUseSpace] += use.in_use_bytes;
    }
    return totals;
  }

  const std::array<int64_t, 4> before_ = Totals();
};

// The bytes in use of the stacks that a function reported.
int64_t InUseOf(const std::string& function) {
  int64_t bytes = 0;
  for (const profiles::HeapUse& use : profiles::ReadPools()) {
    if (use.stack->depth == 0) continue;
    const bool is_its =
        FunctionNames({use.stack->pcs()[0] - 1})[0].find(function) != std::string::npos;
    if (is_its) bytes += use.in_use_bytes;
  }
  return bytes;
}

TEST(Pools, CountWhatIsReportedAndGivenBack) {
  const ScopedInterval all(1);
  const Window window;
  for (uintptr_t i = 0; i < 100; ++i) TakeForA(i, 1000);
  for (uintptr_t i = 0; i < 40; ++i) ReportFree(Address(i));
  ReportFree(Address(7));     // twice
  ReportFree(Address(5000));  // never reported
  ReportAlloc(nullptr, 1000);
  EXPECT_EQ(window[kAllocObjects], 100);
  EXPECT_EQ(window[kAllocSpace], 100000);
  EXPECT_EQ(window[kInUseObjects], 60);
  EXPECT_EQ(window[kInUseSpace], 60000);
  EXPECT_GE(InUseOf("TakeForA"), 60000) << "the caller of ReportAlloc, and not a frame of ours";
  ReportFreeRange(Address(0), 100 * 96);
  EXPECT_EQ(window[kInUseObjects], 0);
  EXPECT_EQ(window[kInUseSpace], 0);
}

__attribute__((noinline)) void* TakeFromPool(std::pmr::memory_resource& pool, size_t bytes) {
  void* block = pool.allocate(bytes);
  asm volatile("" : "+r"(block));  // or this function is not on the stack: it would end in a jump
  return block;
}

// Nobody reports here: the pools' own functions do.
template <class Pool>
void CheckPool() {
  const ScopedInterval all(1);
  Pool pool;
  const Window window;
  std::array<void*, 100> blocks{};
  for (void*& block : blocks) block = TakeFromPool(pool, 96);
  EXPECT_EQ(window[kInUseObjects], 100);
  EXPECT_EQ(window[kInUseSpace], 9600);
  EXPECT_GE(InUseOf("TakeFromPool"), 9600);
  for (void* block : blocks) pool.deallocate(block, 96);
  EXPECT_EQ(window[kInUseObjects], 0);
}

TEST(Pools, OfTheStandardLibraryReportThemselves) {
  CheckPool<std::pmr::unsynchronized_pool_resource>();
  CheckPool<std::pmr::synchronized_pool_resource>();
}

TEST(Pools, AnAddressThatIsReportedAgainWasFreed) {
  const ScopedInterval all(1);
  const Window window;
  TakeForA(1, 1000);
  TakeForB(1, 500);
  EXPECT_EQ(window[kAllocSpace], 1500);
  EXPECT_EQ(window[kInUseSpace], 500);
  ReportFree(Address(1));
  EXPECT_EQ(window[kInUseSpace], 0);
}

TEST(Pools, ARangeEndsAtItsEnd) {
  const ScopedInterval all(1);
  const Window window;
  for (uintptr_t i = 0; i < 10; ++i) TakeForA(i, 96);
  ReportFreeRange(Address(2), 3 * 96);
  EXPECT_EQ(window[kInUseObjects], 7);
  ReportFree(Address(1));
  ReportFree(Address(5));
  EXPECT_EQ(window[kInUseObjects], 5);
  ReportFreeRange(Address(0), 10 * 96);
}

class PoolsInHeap : public HeapTest {};

__attribute__((noinline)) void* GrowPool(size_t bytes) {
  void* volatile block = std::malloc(bytes);
  return block;
}

// A pool's block: what is taken belongs to its taker, the rest to the code that made the pool grow.
TEST_F(PoolsInHeap, NoByteCountsTwice) {
  constexpr size_t kBlock = 1 << 20, kTaken = 1 << 18;
  const ScopedInterval all(1);
  auto* block = static_cast<char*>(GrowPool(kBlock));
  const signal_safe::HeapStack* grower = RecordOf(block)->stack;
  const auto grown = [&] {
    std::vector<profiles::HeapUse> uses = profiles::ReadHeap();
    profiles::SubtractPools(&uses);
    for (const profiles::HeapUse& use : uses) {
      if (use.stack == grower) return use.in_use_bytes;
    }
    return int64_t{-1};
  };
  EXPECT_EQ(grown(), kBlock);
  ReportAlloc(block, kTaken);
  ReportAlloc(block + kBlock - kTaken, kTaken);
  ReportAlloc(block + kBlock, kTaken);  // behind the block
  EXPECT_EQ(grown(), kBlock - 2 * kTaken);
  ReportFree(block);
  EXPECT_EQ(grown(), kBlock - kTaken);
  ReportFreeRange(block, 2 * kBlock);
  EXPECT_EQ(grown(), kBlock);
  std::free(block);
}

TEST_F(PoolsInHeap, TheProfileHasWhatIsReported) {
  constexpr size_t kTaken = size_t{1} << 40;
  const ScopedInterval all(1);
  const int64_t before = Collect("heap").value().total(kInUseSpace);
  TakeForA(1, kTaken);
  EXPECT_GE(Collect("heap").value().total(kInUseSpace) - before, int64_t{kTaken} - 1'000'000);
  EXPECT_GE(Collect("heap", {{"min_age", "0s"}}).value().total(1), int64_t{kTaken});
  ReportFree(Address(1));
  EXPECT_LT(Collect("heap").value().total(kInUseSpace) - before, int64_t{kTaken});
}

// 2,000 samples of A, 1,000 of B: four standard errors are 9 points.
TEST(StatisticalPools, SharesAreThoseOfTheBytes) {
  constexpr size_t kBytes = 96;
  constexpr uintptr_t kObjects = 262144;
  const ScopedInterval some(8192);
  const Window window;
  for (uintptr_t i = 0; i < kObjects; ++i) {
    if (i % 3 == 0) {
      TakeForB(i, kBytes);
    } else {
      TakeForA(i, kBytes);
    }
  }
  const auto a = static_cast<double>(InUseOf("TakeForA"));
  const auto b = static_cast<double>(InUseOf("TakeForB"));
  EXPECT_NEAR(a + b, kObjects * kBytes, 0.09 * kObjects * kBytes);
  EXPECT_NEAR(a / (a + b), 2.0 / 3, 0.06);
  std::thread other([] {
    for (uintptr_t i = 0; i < kObjects; ++i) ReportFree(Address(i));
  });
  other.join();
  EXPECT_EQ(window[kInUseSpace], 0);
}

}  // namespace
}  // namespace pprof
