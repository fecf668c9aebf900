// Functions that use CPU time until stopped, for tests that look for them in profiles.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace pprof::testing {

// Each burns `nanos` of the calling thread's CPU time.
void Hog1(uint64_t nanos);
void Hog2(uint64_t nanos);

// Runs Hog1 for 2 parts and Hog2 for 1, alternating every 3 ms of CPU time, until `stop`; adds the
// time each really used.
struct HogTruth {
  std::atomic<uint64_t> hog1{0};
  std::atomic<uint64_t> hog2{0};
};
void RunHogs(const std::atomic<bool>& stop, HogTruth& truth);

// Recurses `depth` times, then calls `leaf`.
void Recurse(int depth, const std::function<void()>& leaf);
// Calls `leaf` through an inlined function, and through a tail call.
void CallThroughInlined(const std::function<void()>& leaf);
void CallByTailCall(const std::function<void()>& leaf);

// Busy threads during its lifetime.
class BusyThreads {
 public:
  explicit BusyThreads(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { RunHogs(stop_, truth); });
  }
  BusyThreads(const BusyThreads&) = delete;
  BusyThreads& operator=(const BusyThreads&) = delete;
  ~BusyThreads() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  HogTruth truth;

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

}  // namespace pprof::testing
