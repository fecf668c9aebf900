// Threads that repeat an action until stopped.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pprof::testing {

// Thread safety: Add and Stop from one thread. The destructor stops it.
class Storm {
 public:
  ~Storm() { Stop(); }
  // Runs `turn` in `threads` threads repeatedly.
  void Add(int threads, std::function<void()> turn);
  // Runs for PPROF_STORM_SECONDS, by default 2.
  void Blow();
  void Stop();
  uint64_t turns() const { return turns_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<uint64_t> turns_{0};
  std::vector<std::thread> threads_;
};

// The contended lock.
extern std::mutex storm_mutex;

void HoldStormMutex();       // a microsecond
void UseEveryKindOfLock();   // rwlock, condition, semaphore, futex, recursive and timed mutexes
void LoadLockAndUnload();    // dlopen, locks inside, dlclose
void ThrowAndCatch();        // with a lock held
void StartAndJoinThreads();  // uses the lock
void ForkAndLock();          // while the lock is held elsewhere; the child contends, too
void ForkWhileHolding();     // holds the lock, with waiters; the child unlocks and takes it again
void UsePoolAllocator();     // an allocator with its own locks
void CollectAndWrite();      // block and mutex, as text and protobuf
void Check(bool good, const char* what);  // ends the process

}  // namespace pprof::testing
