// The list of the threads while threads end: the kernel's own list is then short at times.
#include "profiler/sys/thread/tasks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "profiler/sys/thread/this_thread.h"

namespace pprof::testing {
namespace {

// Threads that end one after the other, in the order in which the kernel lists them.
class EndingThreads {
 public:
  explicit EndingThreads(int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this, i] {
        while (turn_ <= i) std::this_thread::yield();
      });
    }
  }
  void End() {
    for (std::thread& thread : threads_) {
      ++turn_;
      thread.join();
    }
  }

 private:
  std::atomic<int> turn_{0};
  std::vector<std::thread> threads_;
};

// A list from the kernel misses the last thread about once in 10,000 times here, which is once or
// twice in these rounds. No list may.
TEST(Tasks, EachListHasTheLastThreadWhileOthersEnd) {
  constexpr int kRounds = 50;
  constexpr int kThreads = 100;
  int lists = 0, short_lists = 0, refusals = 0;
  for (int round = 0; round < kRounds; ++round) {
    EndingThreads others(kThreads);
    std::atomic<bool> stop{false};
    std::thread last([&] {
      while (!stop) {
        const std::vector<int32_t> tids = sys::ListTasks();
        ++lists;
        short_lists += !std::binary_search(tids.begin(), tids.end(), sys::ThreadId());
        refusals += !sys::WhyNoTasks(tids).empty();
      }
    });
    others.End();
    stop = true;
    last.join();
  }
  EXPECT_GT(lists, kRounds);
  EXPECT_EQ(short_lists, 0);
  EXPECT_EQ(refusals, 0);
}

// Half a list of this process is not the list of another one.
TEST(Tasks, AShortListIsNoForeignOne) {
  const std::vector<int32_t> all = sys::ListTasks();
  EXPECT_EQ(sys::WhyNoTasks(all), "");
  EXPECT_EQ(sys::WhyNoTasks({1}), "");
  EXPECT_EQ(all.size(), sys::CountTasks());
}

}  // namespace
}  // namespace pprof::testing
