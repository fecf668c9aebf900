// Facts about each thread that the kernel does not know: its creator and its labels.
//
// Writers: each thread its own record. Readers: the server's thread, by thread id. Records are
// static memory, so that a reader never touches a thread's stack or thread-locals, which disappear.
// At most 65,536 threads at a time; further ones have no record, and no creator in the profiles.
// Invariants:
//  1. A record's tid is nonzero exactly while it belongs to a thread.
//  2. The thread that changes a tid to 0 owns the record until Free: the ending thread itself, or
//     one that took it from a vanished thread.
//  3. A record on the free list has no timer.
//  4. A record's facts about its thread are written after its tid became 0 and before the next.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/tables/counted_stack.h"

namespace pprof::signal_safe {

struct ThreadRecord {
  std::atomic<int32_t> tid;         // 0: no thread's
  std::atomic<int> cpu_timer;       // see on_tick.h
  std::atomic<uint32_t> next_free;  // free list: 1 + index of the next record; 0: last
  // Facts, see ThreadFacts. Only label_set changes while the record has a tid.
  std::atomic<uint32_t> label_set;
  std::atomic<int32_t> creator_tid;
  std::atomic<CountedStack*> created_at;
  std::atomic<uintptr_t> stack_high;
  std::atomic<bool> own;
};

// Plain data: those of one thread, never half of its successor in the same record.
struct ThreadFacts {
  int32_t tid;
  int32_t creator_tid;       // 0: not created through pthread_create
  CountedStack* created_at;  // nullptr: unknown
  uint32_t label_set;
  uintptr_t stack_high;  // top of the thread's stack; 0: unknown
  bool own;              // a profiler thread
};

// Thread safety: safe. Async-signal-safe.
class ThreadRegistry {
 public:
  static constexpr size_t kMaxThreads = 65536;

  // A filled record, or nullptr when all are in use.
  ThreadRecord* Add(const ThreadFacts& facts);

  // Takes a record from thread `tid`; false when it no longer belongs to it.
  static bool Take(ThreadRecord* record, int32_t tid) {
    return record->tid.compare_exchange_strong(tid, 0);
  }
  // Puts a taken record on the free list.
  void Free(ThreadRecord* record);

  // Takes and frees all records but `keep`. Only in the child of a fork: rebuilds the free list,
  // which another thread of the parent may have been changing.
  void KeepOnly(const ThreadRecord* keep);

  // Calls visit(facts, record) for every record in use; by then the record may be another's
  // again, whose tid differs. Async-signal-safe if `visit` is.
  template <class Visit>
  void ForEach(Visit&& visit) {
    const size_t used = ever_used_.load();
    for (size_t index = 0; index < used; ++index) {
      ThreadFacts facts;
      if (Read(records_[index], &facts)) visit(facts, records_[index]);
    }
  }
  // Calls visit(record) for every record ever used, including those between Take and Free.
  template <class Visit>
  void ForEachEver(Visit&& visit) {
    const size_t used = ever_used_.load();
    for (size_t index = 0; index < used; ++index) visit(records_[index]);
  }

 private:
  // False: the record is in no use, or changed hands meanwhile.
  static bool Read(const ThreadRecord& record, ThreadFacts* facts);
  ThreadRecord* Pop();

  ThreadRecord records_[kMaxThreads];
  std::atomic<uint64_t> free_;     // change count << 32 | 1 + index of the first free record
  std::atomic<size_t> ever_used_;  // records beyond were never used
};

extern ThreadRegistry thread_registry __attribute__((visibility("hidden")));

// The stacks that created threads.
extern CountedStackTable thread_stacks __attribute__((visibility("hidden")));

}  // namespace pprof::signal_safe
