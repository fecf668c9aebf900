#include "profiler/signal_safe/tables/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

namespace pprof::signal_safe {
namespace {

TEST(Arena, GivesZeroedAlignedMemory) {
  static Arena arena;
  for (size_t bytes : {1, 15, 16, 17, 1000, 65536}) {
    auto* memory = static_cast<unsigned char*>(arena.Allocate(bytes));
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 16, 0u);
    for (size_t i = 0; i < bytes; ++i) ASSERT_EQ(memory[i], 0) << bytes << " at " << i;
    std::memset(memory, 0xAA, bytes);
  }
}

TEST(Arena, RefusesWhatIsTooLarge) {
  static Arena arena;
  EXPECT_EQ(arena.Allocate(65537), nullptr);
  EXPECT_EQ(arena.Allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(arena.mapped_bytes(), 0u);
}

TEST(Arena, MapsOneChunkAtATime) {
  static Arena arena;
  arena.Allocate(16);
  const size_t chunk = arena.mapped_bytes();
  for (int i = 0; i < 100; ++i) arena.Allocate(1024);
  EXPECT_EQ(arena.mapped_bytes(), chunk);
  for (int i = 0; i < 300; ++i) arena.Allocate(1024);
  EXPECT_EQ(arena.mapped_bytes(), 2 * chunk);
}

TEST(Arena, NoTwoThreadsGetTheSameMemory) {
  static Arena arena;
  constexpr int kThreads = 4;
  constexpr size_t kEach = 20000;
  std::vector<std::vector<uint64_t*>> got(kThreads, std::vector<uint64_t*>(kEach));
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&got, t] {
      for (size_t i = 0; i < kEach; ++i) {
        auto* memory = static_cast<uint64_t*>(arena.Allocate(48));
        memory[0] = memory[5] = static_cast<uint64_t>(t) << 32 | i;
        got[t][i] = memory;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) {
    for (size_t i = 0; i < kEach; ++i) {
      ASSERT_EQ(got[t][i][0], static_cast<uint64_t>(t) << 32 | i);
      ASSERT_EQ(got[t][i][5], static_cast<uint64_t>(t) << 32 | i);
    }
  }
}

}  // namespace
}  // namespace pprof::signal_safe
