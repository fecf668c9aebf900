// Threads that wait for a lock longer than is good, found without disturbing them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pprof::watch {

// Looks at the system calls of all threads: 4 us for each. Thread safety: none.
class LockWaits {
 public:
  struct Found {
    bool long_wait = false;
    bool deadlock = false;  // threads that wait for each other, at two looks
  };

  // Looks, unless the last look was a moment ago in comparison with its cost. `wait_nanos`: what
  // counts as long. Not async-signal-safe: allocates.
  Found Look(int64_t now, int64_t wait_nanos);

 private:
  // One wait: as long as the thread has not run it is the same one.
  struct Waiter {
    int32_t tid;
    int32_t owner;  // of the lock; 0: unknown
    uint64_t lock;
    uint64_t cpu_nanos;
    int64_t since;
  };

  std::vector<Waiter> ListWaiters(int64_t now) const;
  bool HasCycle(int64_t now) const;
  const Waiter* WaiterOf(int32_t tid) const;

  std::vector<Waiter> waiters_;  // by tid
  int64_t next_look_ = 0;
};

}  // namespace pprof::watch
