// Stacks that began something which ends: threads, resources held.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/signal_safe/tables/stack_table.h"

namespace pprof::signal_safe {

// Thread safety: safe. Signal-safe.
struct CountedStack : StackNode {
  std::atomic<uint64_t> begun;
  std::atomic<uint64_t> ended;

  void Begin() { begun.fetch_add(1, std::memory_order_relaxed); }
  void End() { ended.fetch_add(1, std::memory_order_release); }

  // Those that have not ended. Ended first: one that ends between the two looks must not count as
  // ended only, so the difference is never negative.
  int64_t Alive() const {
    const uint64_t over = ended.load(std::memory_order_acquire);
    return static_cast<int64_t>(begun.load(std::memory_order_relaxed) - over);
  }
};

using CountedStackTable = StackTable<CountedStack>;

}  // namespace pprof::signal_safe
