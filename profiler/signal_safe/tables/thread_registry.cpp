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

// Each fact is released, and acquired by Read: a reader that sees one of these also sees the tid of
// 0 before it, and drops all.
ThreadRecord* ThreadRegistry::Add(const ThreadFacts& facts) {
  ThreadRecord* record = Pop();
  if (record == nullptr) return nullptr;
  record->creator_tid.store(facts.creator_tid, std::memory_order_release);
  record->created_at.store(facts.created_at, std::memory_order_release);
  record->label_set.store(facts.label_set, std::memory_order_release);
  record->stack_high.store(facts.stack_high, std::memory_order_release);
  record->own.store(facts.own, std::memory_order_release);
  record->tid.store(facts.tid, std::memory_order_release);
  return record;
}

bool ThreadRegistry::Read(const ThreadRecord& record, ThreadFacts* facts) {
  const int32_t tid = record.tid.load(std::memory_order_acquire);
  if (tid == 0) return false;
  *facts = {tid,
            record.creator_tid.load(std::memory_order_acquire),
            record.created_at.load(std::memory_order_acquire),
            record.label_set.load(std::memory_order_acquire),
            record.stack_high.load(std::memory_order_acquire),
            record.own.load(std::memory_order_acquire)};
  return record.tid.load(std::memory_order_relaxed) == tid;
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
