// Threads that do one thing over and over until told to stop.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pprof::testing {

// Thread safety: Add and Stop from one thread. Stops at the end of its scope.
class Storm {
 public:
  ~Storm() { Stop(); }
  // Runs `turn` in `threads` threads, again and again.
  void Add(int threads, std::function<void()> turn);
  // Lets it blow for PPROF_STORM_SECONDS, 2 if not set.
  void Blow();
  void Stop();
  uint64_t turns() const { return turns_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> turns_{0};
  std::vector<std::thread> threads_;
};

// The lock that everybody wants.
extern std::mutex storm_mutex;

void HoldStormMutex();       // a microsecond
void UseEveryKindOfLock();   // rwlock, condition, semaphore, futex, recursive and timed mutexes
void LoadLockAndUnload();    // dlopen, locks inside, dlclose
void ThrowAndCatch();        // with a lock held
void StartAndJoinThreads();  // that lock
void ForkAndLock();          // with the lock held elsewhere; the child contends, too
void ForkWhileHolding();     // that lock, with its waiters; the child unlocks and takes it again
void UsePoolAllocator();     // an allocator with locks of its own
void CollectAndWrite();      // block and mutex, as text and protobuf
void Check(bool good, const char* what);  // ends the process

}  // namespace pprof::testing
