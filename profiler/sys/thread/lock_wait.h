// The lock that a thread waits for, from its futex call and the memory of the lock: glibc's locks
// are recognized by their layout, so a wait for a condition, a semaphore or a futex of the
// program's own is none.
#pragma once

#include <cstdint>

#include "profiler/sys/thread/tasks.h"

namespace pprof::sys {

struct HeldLock {
  uint64_t address = 0;  // 0: the thread waits for no lock that is known
  int32_t owner = 0;     // the thread that holds it; 0: unknown, or readers
};

// Knows pthread_mutex_t (also timed, robust and with priority inheritance), pthread_rwlock_t, and
// the lock of a stdio stream. The memory is read later than the call: the caller checks that the
// thread still waits. Not async-signal-safe: reads other threads' states.
HeldLock LockOf(const TaskSyscall& call);

// The thread whose end the call waits for, as pthread_join does: the kernel clears the thread's id,
// which is the expected value, and wakes a futex that is not private. 0: it waits for none.
// Not async-signal-safe: reads another thread's state.
int32_t ThreadJoinedBy(const TaskSyscall& call);

// The thread that holds the pthread mutex at `mutex`; 0: unknown. Source: glibc's struct_mutex.h
// for x86-64, part of its ABI: int lock (the futex), unsigned count, int owner. Async-signal-safe.
int32_t OwnerOfMutex(uint64_t mutex);

// The lock that a wait for `futex` in pthread_rwlock_rdlock belongs to. Async-signal-safe.
HeldLock RwlockOfReader(uint64_t futex);
// The same for pthread_rwlock_wrlock. Async-signal-safe.
HeldLock RwlockOfWriter(uint64_t futex);

}  // namespace pprof::sys
