#include "endpoints/door/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace pprof::http {
namespace {

// Jobs that stay where they are until they are let go.
class Gate {
 public:
  WorkerPool::Job Job() {
    return [this] {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        workers_.insert(std::this_thread::get_id());
      }
      ++running_;
      opened_.wait();
      ++done_;
    };
  }
  void AwaitRunning(int jobs) const {
    while (running_ < jobs) std::this_thread::yield();
  }
  void Open() { open_.set_value(); }
  int done() const { return done_; }
  std::set<std::thread::id> workers() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return workers_;
  }

 private:
  std::promise<void> open_;
  std::shared_future<void> opened_ = open_.get_future().share();
  std::atomic<int> running_{0}, done_{0};
  std::mutex mutex_;
  std::set<std::thread::id> workers_;
};

TEST(WorkerPool, TakesAsManyJobsAsItHasThreadsAndPlaces) {
  Gate gate;
  {
    WorkerPool pool(2, 2, 3);
    ASSERT_TRUE(pool.Start("test").ok());
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(pool.TryRun(gate.Job())) << i;
    EXPECT_FALSE(pool.TryRun(gate.Job()));
    gate.AwaitRunning(2);
    EXPECT_FALSE(pool.TryRun(gate.Job())) << "three wait, two run";
    EXPECT_EQ(gate.workers().size(), 2u);
    gate.Open();
    gate.AwaitRunning(5);
  }
  EXPECT_EQ(gate.done(), 5);
}

TEST(WorkerPool, StartsMoreThreadsWhenTheyAreNeeded) {
  Gate gate;
  {
    WorkerPool pool(0, 3, 0);
    ASSERT_TRUE(pool.Start("test").ok());
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.TryRun(gate.Job())) << i;
    EXPECT_FALSE(pool.TryRun(gate.Job()));
    gate.AwaitRunning(3);
    EXPECT_EQ(gate.workers().size(), 3u);
    gate.Open();
  }
  EXPECT_EQ(gate.done(), 3);
}

TEST(WorkerPool, HasRoomAgainWhenAJobHasEnded) {
  Gate first, second;
  WorkerPool pool(1, 1, 0);
  ASSERT_TRUE(pool.Start("test").ok());
  ASSERT_TRUE(pool.TryRun(first.Job()));
  EXPECT_FALSE(pool.TryRun(second.Job()));
  EXPECT_TRUE(pool.IsFull());
  first.Open();
  while (!pool.TryRun(second.Job())) std::this_thread::yield();
  EXPECT_EQ(first.done(), 1);
  second.Open();
}

TEST(WorkerPool, WithoutThreadsIsNotFull) {
  WorkerPool pool(0, 1, 0);
  ASSERT_TRUE(pool.Start("test").ok());
  EXPECT_FALSE(pool.IsFull());
}

// Stop waits for jobs that run, and drops those that wait.
TEST(WorkerPool, StopFinishesWhatRunsAndDropsWhatWaits) {
  Gate running;
  Gate waiting;
  WorkerPool pool(1, 1, SIZE_MAX / 2);  // never full: it refuses a job only when it stops
  ASSERT_TRUE(pool.Start("test").ok());
  ASSERT_TRUE(pool.TryRun(running.Job()));
  running.AwaitRunning(1);
  ASSERT_TRUE(pool.TryRun(waiting.Job()));
  waiting.Open();
  std::thread stopping([&] { pool.Stop(); });
  while (pool.TryRun(waiting.Job())) std::this_thread::yield();
  running.Open();
  stopping.join();
  EXPECT_EQ(running.done(), 1);
  EXPECT_EQ(waiting.done(), 0);
  EXPECT_FALSE(pool.TryRun(waiting.Job()));
}

TEST(WorkerPool, AJobThatThrowsEndsNothing) {
  Gate gate;
  WorkerPool pool(1, 1, 1);
  ASSERT_TRUE(pool.Start("test").ok());
  ASSERT_TRUE(pool.TryRun([]() { throw std::runtime_error("of a job"); }));
  while (!pool.TryRun(gate.Job())) std::this_thread::yield();
  gate.AwaitRunning(1);
  gate.Open();
}

}  // namespace
}  // namespace pprof::http
