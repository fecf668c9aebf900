// Walks of stacks that are cut, copied, or none: they end, and crash nothing.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/modules/unwind_info.h"
#include "profiler/sys/process/sanitizers.h"
#include "profiler/sys/thread/own_stack.h"
#include "tests/unit/signal_safe/recurse.h"

namespace pprof::signal_safe {
namespace {

TEST(UnwindOwnStack, StopsWhereThereIsNoMoreRoom) {
  Recurse(100, [] {
    uintptr_t pcs[16];
    const UnwindResult result = UnwindOwnStack(pcs, 16);
    EXPECT_EQ(result.depth, 16u);
    EXPECT_TRUE(result.truncated());
    EXPECT_FALSE(result.complete());
  });
}

TEST(ModuleCode, IsNotItsDataNorOtherMemory) {
  static int data = 0;
  const std::vector<char> heap(64);
  EXPECT_TRUE(sys::IsModuleCode(reinterpret_cast<uintptr_t>(&Recurse)));
  EXPECT_TRUE(sys::IsModuleCode(reinterpret_cast<uintptr_t>(&pthread_join)));
  EXPECT_FALSE(sys::IsModuleCode(reinterpret_cast<uintptr_t>(&data)));
  EXPECT_FALSE(sys::IsModuleCode(reinterpret_cast<uintptr_t>("text")));
  EXPECT_FALSE(sys::IsModuleCode(reinterpret_cast<uintptr_t>(heap.data())));
  EXPECT_FALSE(sys::IsModuleCode(0));
}

TEST(UnwindFrom, AddressesOfNoCodeEndTheWalk) {
  Registers from;
  for (const uintptr_t pc :
       {uintptr_t{0}, uintptr_t{1}, uintptr_t{4096}, uintptr_t{0x1234567890}, ~uintptr_t{0}}) {
    from.pc = pc;
    from.sp = reinterpret_cast<uintptr_t>(&from);
    from.rbp = 0;
    uintptr_t pcs[8];
    EXPECT_EQ(UnwindFrom(from, ThreadStackBounds(), pcs, 8).depth, 1u) << pc;
  }
}

// Calls `body` on a new thread whose stack is the upper end of a larger mapping.
template <class Body>
void OnStackAtTheEndOf(char* mapping, size_t bytes, size_t stack_bytes, Body body) {
  if (sys::SanitizerIsPresent()) GTEST_SKIP() << "its part of a stack has no room";
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstack(&attributes, mapping + bytes - stack_bytes, stack_bytes), 0);
  pthread_t thread;
  const auto start = [](void* run) -> void* {
    (*static_cast<Body*>(run))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, start, &body), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// A coroutine's stack below the thread's, which has no guard page, and an rbp that points to memory
// between them: code without tables is unwound by its frame pointer.
TEST(UnwindFrom, MemoryBetweenStacksMayVanish) {
  constexpr size_t kPage = 4096, kStack = 256 * 1024, kAll = kStack + 2 * kPage;
  void* mapped = mmap(nullptr, kAll, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  char* const coroutine = static_cast<char*>(mapped);
  OnStackAtTheEndOf(coroutine, kAll, kStack, [coroutine] {
    Registers from;
    from.pc = 0x1234567890;
    from.sp = reinterpret_cast<uintptr_t>(coroutine) + 64;
    from.rbp = reinterpret_cast<uintptr_t>(coroutine) + kPage + 512;
    uintptr_t pcs[8];
    EXPECT_EQ(UnwindFrom(from, ThreadStackBounds(), pcs, 8).depth, 1u);
    ASSERT_EQ(munmap(coroutine + kPage, kPage), 0);
    EXPECT_EQ(UnwindFrom(from, ThreadStackBounds(), pcs, 8).depth, 1u);
  });
  munmap(coroutine, kAll);
}

// Its own stack is read without system calls; those of coroutines beside it are not its own.
TEST(ThreadStackBounds, HoldNothingButTheStack) {
  const auto check = [](uintptr_t low, size_t bytes) {
    const sys::StackBounds& bounds = ThreadStackBounds();
    EXPECT_GE(bounds.low, low);
    EXPECT_LE(bounds.low, low + 16384);
    EXPECT_LE(bounds.high, low + bytes);
    EXPECT_GE(bounds.high, low + bytes - 16384);
  };
  for (const size_t bytes : {size_t{64} << 10, size_t{1} << 20, size_t{64} << 20}) {
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    OnStackAtTheEndOf(static_cast<char*>(mapped), bytes, bytes,
                      [=] { check(reinterpret_cast<uintptr_t>(mapped), bytes); });
    munmap(mapped, bytes);
  }
  std::thread([&check] {
    pthread_attr_t own;
    ASSERT_EQ(pthread_getattr_np(pthread_self(), &own), 0);
    void* low = nullptr;
    size_t bytes = 0;
    ASSERT_EQ(pthread_attr_getstack(&own, &low, &bytes), 0);
    pthread_attr_destroy(&own);
    check(reinterpret_cast<uintptr_t>(low), bytes);
  }).join();
}

TEST(UnwindFrom, RandomRegistersNeverFault) {
  uint64_t random = 88172645463325252;
  const auto next = [&random] {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return random;
  };
  const auto code = reinterpret_cast<uintptr_t>(&Recurse);
  const auto stack = reinterpret_cast<uintptr_t>(&random);
  for (int i = 0; i < 200000; ++i) {
    Registers from;
    from.pc = i % 2 == 0 ? code + next() % 65536 : next() >> (next() % 64);
    from.sp = stack + (next() % 4096) * 8;
    from.rbp = i % 3 == 0 ? next() : stack + next() % 65536;
    from.rbx = i % 5 == 0 ? next() : stack + next() % 65536;
    uintptr_t pcs[64];
    ASSERT_LE(UnwindFrom(from, ThreadStackBounds(), pcs, 64).depth, 64u);
  }
}

// The copy is at another address than the original stack. Copied by the kernel: AddressSanitizer
// rejects reads between variables.
std::vector<char> CopyOf(uintptr_t address, size_t bytes) {
  std::vector<char> copy(bytes);
  EXPECT_EQ(sys::CopyOwnMemory(address, copy.data(), bytes), bytes);
  return copy;
}

TEST(UnwindCopy, AgreesWithTheStackThatWasCopied) {
  Recurse(30, [] {
    const Registers here = CaptureRegisters();
    const uintptr_t high = ThreadStackBounds().high;
    uintptr_t own[256], copied[256];
    const UnwindResult direct = UnwindFrom(here, ThreadStackBounds(), own, 256);
    const std::vector<char> copy = CopyOf(here.sp, std::min(high - here.sp, uintptr_t{60000}));
    const UnwindResult result = UnwindCopy(here, {copy.data(), copy.size(), {}}, copied, 256);
    EXPECT_GT(result.depth, 30u);
    EXPECT_LE(result.depth, direct.depth);
    EXPECT_TRUE(std::equal(copied, copied + result.depth, own));
  });
}

TEST(UnwindCopy, ACopyThatIsTooShortEndsTheWalk) {
  Recurse(30, [] {
    const Registers here = CaptureRegisters();
    uintptr_t pcs[256];
    for (size_t bytes = 0; bytes < 2048; bytes += 8) {
      const std::vector<char> copy = CopyOf(here.sp, bytes);
      ASSERT_LE(UnwindCopy(here, {copy.data(), copy.size(), {}}, pcs, 256).depth, bytes / 8 + 1);
    }
  });
}

TEST(FindRow, IsServedFromTheCacheTheSecondTime) {
  const auto pc = reinterpret_cast<uintptr_t>(&Recurse) + 1;
  const uint64_t first = FindPackedRow(pc, pc);
  const uint64_t misses = row_cache_misses();
  EXPECT_EQ(FindPackedRow(pc, pc), first);
  EXPECT_EQ(row_cache_misses(), misses);
  ForgetRows();
  EXPECT_EQ(FindPackedRow(pc, pc), first);
  EXPECT_EQ(row_cache_misses(), misses + 1);
}

}  // namespace
}  // namespace pprof::signal_safe
