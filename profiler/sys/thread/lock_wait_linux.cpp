#include <linux/futex.h>
#include <sys/syscall.h>

#include <cstddef>

#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/thread/control_block.h"
#include "profiler/sys/thread/lock_wait.h"
#include "profiler/sys/thread/wait_call.h"

namespace pprof::sys {
namespace {

// struct_mutex.h for x86-64.
struct Mutex {
  uint32_t lock;  // the futex
  uint32_t count;
  int32_t owner;
  uint32_t users;
  int32_t kind;
};

// struct_rwlock.h for x86-64.
struct Rwlock {
  uint32_t readers;  // their number, above three bits
  uint32_t writers;
  uint32_t wrphase;        // the futex of readers, and of a writer while readers hold the lock
  uint32_t writers_futex;  // that of a writer while a writer holds it
  uint32_t padding[2];     // 0
  int32_t writer;
  int32_t shared;  // 0 or 1
};

// _IO_lock_t of stdio-lock.h.
struct StreamLock {
  uint32_t lock;  // the futex
  uint32_t count;
  uint64_t owner;  // a control block
};

constexpr uint32_t kTakenWithWaiters = 2;  // lowlevellock.h
constexpr uint32_t kUsedByReaders = 2;     // pthread_rwlock_common.c: PTHREAD_RWLOCK_FUTEX_USED
constexpr uint32_t kUsedByWriter = 3;      // with 1, while a writer has the lock
constexpr uint64_t kFutexLockPi2 = 13;     // since Linux 5.14
constexpr int32_t kMutexKindBits = 0x1ff;  // pthreadP.h: type, protocol, robust, shared, elision
constexpr uint32_t kMostUsers = 4U << 20;  // Linux has fewer threads
constexpr uint64_t kThreadIdAt = 0x2d0;    // struct pthread, glibc 2.36; checked where it is used
constexpr uint64_t kWrphaseAt = offsetof(Rwlock, wrphase);
constexpr uint64_t kWritersFutexAt = offsetof(Rwlock, writers_futex);

template <class Lock>
bool Read(uint64_t address, Lock* lock) {
  return ReadOwnMemory(address, lock, sizeof *lock);
}

int32_t TidAt(uint64_t address) {
  int32_t tid = 0;
  return Read(address, &tid) ? tid : 0;
}

// The thread of a control block; 0: unknown, such as in another version of glibc.
int32_t ThreadOfBlock(uint64_t block) {
  const int32_t tid = TidAt(block + kThreadIdAt);
  return tid > 0 && ControlBlockOf(tid) == block ? tid : 0;
}

// An owner that has ended counts: nobody will unlock it.
HeldLock MutexAt(uint64_t address) {
  Mutex mutex;
  if (!Read(address, &mutex)) return {};
  const bool is_mutex = mutex.owner > 0 && mutex.users > 0 && mutex.users < kMostUsers &&
                        (mutex.kind & ~kMutexKindBits) == 0;
  return is_mutex ? HeldLock{address, mutex.owner} : HeldLock{};
}

HeldLock StreamLockAt(uint64_t address) {
  StreamLock stream;
  if (!Read(address, &stream) || !IsControlBlock(stream.owner)) return {};
  return {address, ThreadOfBlock(stream.owner)};
}

HeldLock RwlockAt(uint64_t address) {
  Rwlock lock;
  if (!Read(address, &lock)) return {};
  const bool is_lock = lock.padding[0] == 0 && lock.padding[1] == 0 &&
                       lock.wrphase <= kUsedByWriter && lock.writers_futex <= kUsedByWriter &&
                       (lock.shared & ~1) == 0;
  const bool is_held = lock.writer != 0 ? IsTask(lock.writer) : (lock.readers >> 3) != 0;
  return is_lock && is_held ? HeldLock{address, lock.writer} : HeldLock{};
}

HeldLock FirstOf(HeldLock first, HeldLock second) { return first.address != 0 ? first : second; }

HeldLock PlainWait(uint64_t futex, uint32_t expected) {
  if (expected == kTakenWithWaiters) return FirstOf(StreamLockAt(futex), MutexAt(futex));
  if ((expected & FUTEX_WAITERS) == 0) return {};
  const HeldLock robust = MutexAt(futex);
  return robust.owner == static_cast<int32_t>(expected & FUTEX_TID_MASK) ? robust : HeldLock{};
}

// Timed mutexes and all waits for rwlocks.
HeldLock TimedWait(uint64_t futex, uint32_t expected) {
  if (expected == kUsedByWriter) {
    return FirstOf(RwlockAt(futex - kWrphaseAt), RwlockAt(futex - kWritersFutexAt));
  }
  const HeldLock mutex = PlainWait(futex, expected);
  return expected == kUsedByReaders ? FirstOf(mutex, RwlockAt(futex - kWrphaseAt)) : mutex;
}

}  // namespace

HeldLock LockOf(const TaskSyscall& call) {
  if (!call.in_kernel || call.number != SYS_futex) return {};
  const uint64_t futex = call.arguments[0];
  const auto expected = static_cast<uint32_t>(call.arguments[2]);
  if (ThreadJoinedBy(call) != 0) return {};  // its id can be 2 or 3 in a container
  switch (call.arguments[1] & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
      return PlainWait(futex, expected);
    case FUTEX_WAIT_BITSET:
      return TimedWait(futex, expected);
    case FUTEX_LOCK_PI:
    case kFutexLockPi2:
      return MutexAt(futex);
    default:
      return {};
  }
}

int32_t ThreadJoinedBy(const TaskSyscall& call) {
  const FutexWaitCall futex = DecodeFutex(call.arguments[1]);
  const auto expected = static_cast<int32_t>(call.arguments[2]);
  return futex.waits && !futex.private_to_process && IsTask(expected) ? expected : 0;
}

int32_t OwnerOfMutex(uint64_t mutex) { return TidAt(mutex + offsetof(Mutex, owner)); }

HeldLock RwlockOfReader(uint64_t futex) {
  const uint64_t lock = futex - kWrphaseAt;
  return {lock, TidAt(lock + offsetof(Rwlock, writer))};
}

HeldLock RwlockOfWriter(uint64_t futex) {
  const uint64_t lock = futex - kWritersFutexAt;
  const int32_t writer = TidAt(lock + offsetof(Rwlock, writer));
  return writer != 0 ? HeldLock{lock, writer} : HeldLock{futex - kWrphaseAt, 0};
}

}  // namespace pprof::sys
