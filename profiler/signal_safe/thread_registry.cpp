#include "profiler/signal_safe/thread_registry.h"

namespace pprof::signal_safe {

ThreadRegistry thread_registry;
StackTable thread_stacks;

ThreadRecord* ThreadRegistry::Add(int32_t tid, int32_t creator_tid, StackEntry* created_at,
                                  uint32_t label_set, uintptr_t stack_high) {
  const size_t first = next_.fetch_add(1, std::memory_order_relaxed);
  const size_t used = ever_used_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < kMaxThreads; ++i) {
    // Round robin among the records used so far and one new one: few pages with few threads.
    const size_t index = i <= used ? (first + i) % (used + 1) : i;
    if (index >= kMaxThreads) continue;
    ThreadRecord& record = records_[index];
    int32_t free = 0;
    if (!record.tid.compare_exchange_strong(free, kClaimed, std::memory_order_acquire)) continue;
    size_t known = ever_used_.load(std::memory_order_relaxed);
    while (known <= index && !ever_used_.compare_exchange_weak(known, index + 1)) {
    }
    record.creator_tid = creator_tid;
    record.created_at = created_at;
    record.stack_high = stack_high;
    record.label_set.store(label_set, std::memory_order_relaxed);
    record.tid.store(tid, std::memory_order_release);  // pairs with the acquire in ForEach
    return &record;
  }
  return nullptr;
}

void ThreadRegistry::ForEach(void (*visit)(void*, ThreadRecord&), void* context) {
  const size_t used = ever_used_.load(std::memory_order_relaxed);
  for (size_t index = 0; index < used && index < kMaxThreads; ++index) {
    if (records_[index].tid.load(std::memory_order_acquire) > 0) visit(context, records_[index]);
  }
}

}  // namespace pprof::signal_safe
