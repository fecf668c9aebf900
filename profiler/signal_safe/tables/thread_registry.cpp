#include "profiler/signal_safe/tables/thread_registry.h"

namespace pprof::signal_safe {

ThreadRegistry thread_registry;
CountedStackTable thread_stacks;

namespace {

// The list's head. The change count tells a head that came back from the old one (ABA).
constexpr uint64_t NextHead(uint64_t head, uint32_t first) {
  return ((head >> 32) + 1) << 32 | first;
}

}  // namespace

ThreadRecord* ThreadRegistry::Pop() {
  uint64_t head = free_.load(std::memory_order_acquire);  // pairs with Free
  while (const auto first = static_cast<uint32_t>(head)) {
    ThreadRecord& record = records_[first - 1];
    const uint32_t next = record.next_free.load(std::memory_order_relaxed);
    if (free_.compare_exchange_weak(head, NextHead(head, next), std::memory_order_acq_rel,
                                    std::memory_order_acquire)) {
      return &record;
    }
  }
  size_t used = ever_used_.load(std::memory_order_relaxed);
  while (used < kMaxThreads) {
    if (ever_used_.compare_exchange_weak(used, used + 1)) return &records_[used];
  }
  return nullptr;
}

void ThreadRegistry::Free(ThreadRecord* record) {
  const auto index = static_cast<uint32_t>(record - records_);
  uint64_t head = free_.load(std::memory_order_relaxed);
  do {
    record->next_free.store(static_cast<uint32_t>(head), std::memory_order_relaxed);
  } while (!free_.compare_exchange_weak(head, NextHead(head, index + 1), std::memory_order_release,
                                        std::memory_order_relaxed));
}

ThreadRecord* ThreadRegistry::Add(int32_t tid, int32_t creator_tid, CountedStack* created_at,
                                  uint32_t label_set, uintptr_t stack_high, bool own) {
  ThreadRecord* record = Pop();
  if (record == nullptr) return nullptr;
  record->creator_tid = creator_tid;
  record->created_at = created_at;
  record->stack_high = stack_high;
  record->own = own;
  record->label_set.store(label_set, std::memory_order_relaxed);
  record->tid.store(tid, std::memory_order_release);  // pairs with the acquire in ForEach
  return record;
}

void ThreadRegistry::KeepOnly(const ThreadRecord* keep) {
  free_.store(0, std::memory_order_relaxed);
  const size_t used = ever_used_.load(std::memory_order_relaxed);
  for (size_t index = 0; index < used; ++index) {
    ThreadRecord& record = records_[index];
    if (&record == keep) continue;
    record.tid.store(0, std::memory_order_relaxed);
    record.cpu_timer.store(0, std::memory_order_relaxed);
    Free(&record);
  }
}

}  // namespace pprof::signal_safe
