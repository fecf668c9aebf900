// What is known of each thread besides what the kernel tells: who created it and its labels.
//
// Writers: each thread its own record. Readers: the server's thread, by thread id. Records are
// static memory, so that a reader never touches a thread's stack or thread-locals, which go away.
// Bounded: 65,536 threads at a time; further ones have no record, and no creator in the profiles.
// Invariants:
//  1. A record's tid is not 0 exactly while it belongs to a thread.
//  2. Whoever changes a tid to 0 owns the record until Free: the thread itself when it ends, or who
//     took it from a thread that is gone.
//  3. A record on the free list has no timer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/tables/counted_stack.h"

namespace pprof::signal_safe {

struct ThreadRecord {
  std::atomic<int32_t> tid;  // 0: nobody's
  std::atomic<uint32_t> label_set;
  std::atomic<int> cpu_timer;       // see on_tick.h
  std::atomic<uint32_t> next_free;  // on the free list: 1 + the next one's index; 0: the last
  // Immutable while the record has a tid.
  int32_t creator_tid;       // 0: not created through pthread_create
  CountedStack* created_at;  // nullptr: unknown
  uintptr_t stack_high;      // where the thread's stack ends; 0: unknown
  bool own;                  // a thread of the profiler itself
};

class ThreadRegistry {
 public:
  static constexpr size_t kMaxThreads = 65536;

  // A filled record, or nullptr when all are taken. Signal-safe.
  ThreadRecord* Add(int32_t tid, int32_t creator_tid, CountedStack* created_at, uint32_t label_set,
                    uintptr_t stack_high, bool own = false);

  // Takes a record away from thread `tid`; false when it is not its any more. Signal-safe.
  static bool Take(ThreadRecord* record, int32_t tid) {
    return record->tid.compare_exchange_strong(tid, 0);
  }
  // Gives a record that was taken to the next thread. Signal-safe.
  void Free(ThreadRecord* record);

  // Takes and frees all records but `keep`. Only in the child of a fork, where no other thread is:
  // a list that one of them was changing is made anew. Signal-safe.
  void KeepOnly(const ThreadRecord* keep);

  // Calls visit(tid, record) for every record in use. Takes no lock. Signal-safe, if `visit` is.
  template <class Visit>
  void ForEach(Visit&& visit) {
    const size_t used = ever_used_.load();
    for (size_t index = 0; index < used; ++index) {
      const int32_t tid = records_[index].tid.load(std::memory_order_acquire);
      if (tid != 0) visit(tid, records_[index]);
    }
  }
  // Calls visit(record) for every record that ever was in use, also between Take and Free.
  template <class Visit>
  void ForEachEver(Visit&& visit) {
    const size_t used = ever_used_.load();
    for (size_t index = 0; index < used; ++index) visit(records_[index]);
  }

 private:
  ThreadRecord* Pop();

  ThreadRecord records_[kMaxThreads];
  std::atomic<uint64_t> free_;     // changes << 32 | 1 + index of the first free record
  std::atomic<size_t> ever_used_;  // records behind this were never touched
};

extern ThreadRegistry thread_registry __attribute__((visibility("hidden")));

// The stacks that created threads.
extern CountedStackTable thread_stacks __attribute__((visibility("hidden")));

}  // namespace pprof::signal_safe
