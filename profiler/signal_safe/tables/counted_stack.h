// Stacks that started something that ends: threads, held resources.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/signal_safe/tables/stack_table.h"

namespace pprof::signal_safe {

// Thread safety: safe. Async-signal-safe.
struct CountedStack : StackNode {
  std::atomic<uint64_t> begun;
  std::atomic<uint64_t> ended;

  void Begin() { begun.fetch_add(1, std::memory_order_relaxed); }
  // As if it had not begun: the profiler's own threads, which come and go with requests, are not in
  // the number that the program created.
  void Forget() { begun.fetch_sub(1, std::memory_order_relaxed); }
  void End() { ended.fetch_add(1, std::memory_order_release); }

  // Begun but not ended. Loads `ended` first: an end between the two loads must not make the
  // difference negative.
  int64_t Alive() const {
    const uint64_t over = ended.load(std::memory_order_acquire);
    return static_cast<int64_t>(begun.load(std::memory_order_relaxed) - over);
  }
};

using CountedStackTable = StackTable<CountedStack>;

}  // namespace pprof::signal_safe
