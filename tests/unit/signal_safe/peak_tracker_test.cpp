#include "profiler/signal_safe/heap/peak_tracker.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

namespace pprof::signal_safe {
namespace {

constexpr size_t kStacks = 60;

struct Tracked {
  HeapStackTable& table;
  PeakTracker& tracker;
  std::array<HeapStack*, kStacks> stacks;

  Tracked(HeapStackTable& stack_table, PeakTracker& peak_tracker)
      : table(stack_table), tracker(peak_tracker) {
    for (size_t i = 0; i < kStacks; ++i) {
      const uintptr_t pc = 0x400000 + i;
      stacks[i] = table.Intern({&pc, 1, StackEnd::kRoot, 0});
    }
  }

  void Allocate(size_t stack, uint64_t bytes) {
    stacks[stack]->allocated_count.Add(FixedCount::OfWhole(1));
    stacks[stack]->allocated_bytes.fetch_add(bytes);
    tracker.OnChange(stacks[stack]);
  }
  void Free(size_t stack, uint64_t bytes) {
    stacks[stack]->freed_count.Add(FixedCount::OfWhole(1));
    stacks[stack]->freed_bytes.fetch_add(bytes);
    tracker.OnChange(stacks[stack]);
  }
  int64_t AtPeak(size_t stack) { return tracker.LevelAtPeak(*stacks[stack]).bytes; }
};

// Reference for PeakTracker: copies everything at every new maximum.
struct BruteForce {
  std::array<int64_t, kStacks> live{}, at_peak{};
  int64_t sum = 0, peak = 0;

  void Change(size_t stack, int64_t bytes) {
    live[stack] += bytes;
    sum += bytes;
    if (sum > peak) {
      peak = sum;
      at_peak = live;
    }
  }
  void Reset() {
    peak = sum;
    at_peak = live;
  }
};

TEST(PeakTracker, EqualsACopyAtEveryNewMaximumOver300000Events) {
  static HeapStackTable table;
  static PeakTracker tracker(table);
  Tracked tracked(table, tracker);
  BruteForce brute;
  std::mt19937_64 random(1);
  std::vector<std::pair<size_t, uint64_t>> blocks;
  for (int event = 0; event < 300000; ++event) {
    // In waves: growing for 20,000 events, then shrinking for 10,000.
    const bool grow = event % 30000 < 20000 ? random() % 10 < 6 : random() % 10 < 3;
    if (grow || blocks.empty()) {
      const size_t stack = random() % kStacks;
      const uint64_t bytes = 16 + random() % 5000;
      blocks.emplace_back(stack, bytes);
      tracked.Allocate(stack, bytes);
      brute.Change(stack, static_cast<int64_t>(bytes));
    } else {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      const auto [stack, bytes] = blocks.back();
      blocks.pop_back();
      tracked.Free(stack, bytes);
      brute.Change(stack, -static_cast<int64_t>(bytes));
    }
    if (event % 100003 == 50000) {
      tracker.Lock();
      tracker.Reset();
      tracker.Unlock();
      brute.Reset();
    }
    if (event % 997 != 0) continue;
    ASSERT_EQ(tracker.peak_bytes(), brute.peak);
    for (size_t i = 0; i < kStacks; ++i) ASSERT_EQ(tracked.AtPeak(i), brute.at_peak[i]) << event;
  }
}

TEST(PeakTracker, ResetBeginsAtTheLevelOfNow) {
  static HeapStackTable table;
  static PeakTracker tracker(table);
  Tracked tracked(table, tracker);
  tracked.Allocate(0, 1000);
  tracked.Allocate(1, 500);
  tracked.Free(0, 1000);
  EXPECT_EQ(tracked.AtPeak(0), 1000);
  tracker.Lock();
  tracker.Reset();
  tracker.Unlock();
  EXPECT_EQ(tracker.peak_bytes(), 500);
  EXPECT_EQ(tracked.AtPeak(0), 0);
  EXPECT_EQ(tracked.AtPeak(1), 500);
}

// The sum at the mark equals the sum of the stacks' parts, for any interleaving of writers.
TEST(PeakTracker, PartsAddUpToTheMarkWhateverThreadsDo) {
  static HeapStackTable table;
  static PeakTracker tracker(table);
  Tracked tracked(table, tracker);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&tracked, t] {
      std::mt19937 random(t);
      for (int i = 0; i < 50000; ++i) {
        const size_t stack = random() % kStacks;
        tracked.Allocate(stack, 64);
        if (random() % 8 != 0) tracked.Free(stack, 64);
      }
    });
  }
  for (int look = 0; look < 200; ++look) {
    tracker.Lock();
    int64_t sum = 0;
    for (size_t i = 0; i < kStacks; ++i) sum += tracked.AtPeak(i);
    EXPECT_EQ(sum, tracker.peak_bytes());
    tracker.Unlock();
  }
  for (std::thread& thread : threads) thread.join();
  tracker.Lock();
  int64_t live = 0;
  for (HeapStack* stack : tracked.stacks) {
    live += stack->Live().bytes;
  }
  EXPECT_GE(tracker.peak_bytes(), live);
  tracker.Unlock();
}

// Forks while another thread holds the lock and its queue; the child must neither hang nor be
// wrong.
TEST(PeakTracker, ForkedChildGoesOnWhateverItsParentsThreadsHeld) {
  static HeapStackTable table;
  static PeakTracker tracker(table);
  Tracked tracked(table, tracker);
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      for (size_t i = 0; i < kStacks; ++i) tracked.Allocate(i, 8);
      for (size_t i = 0; i < kStacks; ++i) tracked.Free(i, 8);
    }
  });
  for (int round = 0; round < 40; ++round) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(60);  // instead of a hang
      tracker.OnForkChild();
      for (size_t i = 0; i < kStacks; ++i) tracked.Allocate(i, 1 << 20);
      tracker.Lock();
      int64_t sum = 0;
      for (size_t i = 0; i < kStacks; ++i) sum += tracked.AtPeak(i);
      const bool right = sum == tracker.peak_bytes() && sum >= int64_t{kStacks} << 20;
      tracker.Unlock();
      _exit(right ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status)) << "the child hung";
    ASSERT_EQ(WEXITSTATUS(status), 0);
  }
  stop = true;
  busy.join();
}

}  // namespace
}  // namespace pprof::signal_safe
