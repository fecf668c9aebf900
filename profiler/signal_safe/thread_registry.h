// What is known of each thread besides what the kernel tells: who created it and its labels.
//
// Writers: each thread its own record. Readers: the server's thread, by thread id. Records are
// static memory, so that a reader never touches a thread's stack or thread-locals, which go away.
// Bounded: 65,536 threads at a time; further ones have no record, and no creator in the profiles.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/stack_table.h"

namespace pprof::signal_safe {

struct ThreadRecord {
  std::atomic<int32_t> tid;  // 0: free; kClaimed: being filled
  std::atomic<uint32_t> label_set;
  std::atomic<int> cpu_timer;  // see on_tick.h
  // Immutable while the record has a tid.
  int32_t creator_tid;        // 0: not created through pthread_create
  StackEntry* created_at;     // nullptr: unknown
  uintptr_t stack_high;       // where the thread's stack ends; 0: unknown
};

class ThreadRegistry {
 public:
  static constexpr size_t kMaxThreads = 65536;
  static constexpr int32_t kClaimed = -1;

  // A filled record, or nullptr when all are taken. Signal-safe.
  ThreadRecord* Add(int32_t tid, int32_t creator_tid, StackEntry* created_at, uint32_t label_set,
                    uintptr_t stack_high);
  void Remove(ThreadRecord* record) { record->tid.store(0, std::memory_order_release); }

  // Calls visit(context, record) for every record in use. No lock.
  void ForEach(void (*visit)(void* context, ThreadRecord& record), void* context);

 private:
  ThreadRecord records_[kMaxThreads];
  std::atomic<size_t> next_;       // where to look for a free record first
  std::atomic<size_t> ever_used_;  // records behind this were never touched
};

extern ThreadRegistry thread_registry __attribute__((visibility("hidden")));

// The stacks that created threads: allocated_count and freed_count count threads begun and ended.
extern StackTable thread_stacks __attribute__((visibility("hidden")));

}  // namespace pprof::signal_safe
