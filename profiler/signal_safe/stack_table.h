// Stack (with label set) -> counters. Bounded; insert without a lock; never removes a stack, as Go.
//
// Writers: any thread, inside malloc or a handler. Readers: the server's thread, walking all().
// Invariants:
//  1. A stack is immutable once it is in its hash chain, but for its counters.
//  2. Chains and the list of all stacks only grow at their heads. What is in a chain is in the
//  list,
//     also in the child of a fork; the list has besides what lost a race to a chain, with zeroes.
//  3. At most `kMaxStacks` stacks; further ones share overflow(), whose counters say how much was
//     put together there.
// Memory: 512 KiB of chain heads, touched lazily, and about 130 bytes + 8 a frame for each stack:
// 23 MiB for 65,536 stacks of 30 frames.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/arena.h"

namespace pprof::signal_safe {

constexpr size_t kMaxStackDepth = 128;

struct StackEntry;

// What one stack has added up. Counts are in 1/65536 objects, since weights are not whole numbers.
// Freed before allocated when reading: then in use = allocated - freed is never negative.
struct HeapCounters {
  std::atomic<uint64_t> allocated_count;
  std::atomic<uint64_t> allocated_bytes;
  std::atomic<uint64_t> freed_count;
  std::atomic<uint64_t> freed_bytes;
};

// What PeakTracker knows of one stack; `next` and `queued` are atomic, the rest is the lock
// owner's.
struct PeakState {
  StackEntry* next;
  std::atomic<bool> queued;
  uint64_t epoch;  // of `saved_*`
  int64_t live_count, live_bytes;
  int64_t saved_count, saved_bytes;
};

// What every entry of a stack table has; a table's entries derive from it and add their counters.
// Zeroed counters are the initial state.
template <class Entry>
struct StackNode {
  // Immutable after construction.
  Entry* next_in_chain;
  Entry* next_of_all;
  uint64_t hash;
  uint32_t depth;
  uint32_t label_set;
  bool truncated;
  // Changed for ever.
  std::atomic<uint32_t>
      unloaded_as;  // index + 1 of the unloaded module its frames belong to, else 0

  uintptr_t* pcs() { return reinterpret_cast<uintptr_t*>(static_cast<Entry*>(this) + 1); }
  const uintptr_t* pcs() const {
    return reinterpret_cast<const uintptr_t*>(static_cast<const Entry*>(this) + 1);
  }
};

struct StackEntry : StackNode<StackEntry> {
  HeapCounters heap;
  PeakState peak;
};

// REQUIRES: static storage (zero-initialized). Defined in stack_table.cpp for the entries there
// are.
template <class Entry>
class StackTableOf {
 public:
  static constexpr size_t kMaxStacks = 65536;

  // The entry of this stack; the overflow entry when the table is full or memory is refused.
  // Signal-safe, lock-free. REQUIRES: depth <= kMaxStackDepth.
  Entry* Intern(const uintptr_t* pcs, size_t depth, bool truncated, uint32_t label_set);

  // The newest stack; follow next_of_all. No lock: stacks added later are not seen.
  Entry* all() const { return all_.load(std::memory_order_acquire); }
  Entry* overflow() { return &overflow_; }
  const Entry* overflow() const { return &overflow_; }
  size_t size() const { return size_.load(std::memory_order_relaxed); }
  size_t mapped_bytes() const { return arena_.mapped_bytes(); }

 private:
  static constexpr size_t kChains = 65536;

  std::atomic<Entry*> chains_[kChains];
  std::atomic<Entry*> all_;
  std::atomic<size_t> size_;
  Arena arena_;
  Entry overflow_;
};

// The heap's stacks.
using StackTable = StackTableOf<StackEntry>;

}  // namespace pprof::signal_safe
