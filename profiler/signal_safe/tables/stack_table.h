// Stack (with label set) -> entry with counters. Bounded; insert without a lock; never removes a
// stack, as Go.
//
// Writers: any thread, inside malloc or a handler. Readers: the server's thread, walking all().
// Invariants:
//  1. A stack is immutable once it is in its hash chain, but for its counters.
//  2. Chains and the list of all stacks only grow at their heads. A stack in a chain is in the list
//     too, also in the child of a fork; the list has besides the stacks that lost a race to a
//     chain, with zeroes.
//  3. At most kMaxStacks stacks; further ones share overflow(), whose counters add them all up.
// Memory: 512 KiB of chain heads, touched lazily, and the entry + 8 bytes a frame for each stack:
// 23 MiB for 65,536 stacks of 30 frames with the heap's counters.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "profiler/signal_safe/tables/arena.h"

namespace pprof::signal_safe {

// The frames and labels of one stack. Entries of a table derive from it and add their counters;
// zeroed counters are the initial state. The frames follow the entry in memory.
struct StackNode {
  // Immutable after construction.
  StackNode* next_in_chain;
  StackNode* next_of_all;
  uint64_t hash;
  uint32_t depth;
  uint32_t label_set;
  uint16_t entry_bytes;  // where the frames begin
  bool truncated;
  // 0, or the number of the unloaded module that its frames belong to, plus one; then for ever.
  std::atomic<uint32_t> unloaded_as;

  // Return addresses, leaf first. Signal-safe.
  const uintptr_t* pcs() const {
    return reinterpret_cast<const uintptr_t*>(reinterpret_cast<const char*>(this) + entry_bytes);
  }
};

// What is to be found in a table, or put there.
struct StackKey {
  const uintptr_t* pcs;
  size_t depth;
  bool truncated;
  uint32_t label_set;
};

// The table of nodes without the entries' type. REQUIRES: static storage or zeroed memory.
class StackNodeTable {
 public:
  static constexpr size_t kMaxStacks = 65536;

  size_t size() const { return size_.load(std::memory_order_relaxed); }
  size_t mapped_bytes() const { return arena_.mapped_bytes(); }

  // Calls visit(node) for each stack of each table of the process, without the overflow entries.
  // Signal-safe, if `visit` is. Stacks that are added meanwhile may be seen or not.
  template <class Visit>
  static void ForEachOfAllTables(Visit&& visit) {
    const StackNodeTable* table = newest_table.load(std::memory_order_acquire);
    for (; table != nullptr; table = table->next_table_) {
      StackNode* node = table->newest();
      for (; node != nullptr; node = node->next_of_all) visit(*node);
    }
  }

 protected:
  // The node of this stack; nullptr when the table is full or memory is refused. `construct` makes
  // an entry of `entry_bytes` zeroed bytes. Signal-safe, lock-free.
  StackNode* Intern(const StackKey& key, size_t entry_bytes, StackNode* (*construct)(void* memory));

  StackNode* newest() const { return all_.load(std::memory_order_acquire); }

 private:
  static constexpr size_t kChains = 65536;
  // The tables that have stacks, the newest first.
  static std::atomic<StackNodeTable*> newest_table;

  StackNode* Add(const StackKey& key, uint64_t hash, StackNode* head, size_t entry_bytes,
                 StackNode* (*construct)(void* memory));
  void EnlistTable();

  std::atomic<StackNode*> chains_[kChains];
  std::atomic<StackNode*> all_;
  std::atomic<size_t> size_;
  Arena arena_;
  std::atomic<bool> enlisted_;
  StackNodeTable* next_table_;
};

// `Entry` derives from StackNode. REQUIRES: static storage or zeroed memory; a table with stacks is
// never destroyed.
template <class Entry>
class StackTable : public StackNodeTable {
 public:
  // The entry of this stack; overflow() when the table is full or memory is refused.
  // Signal-safe, lock-free. REQUIRES: depth <= kMaxStackDepth.
  Entry* Intern(const StackKey& key) {
    StackNode* node = StackNodeTable::Intern(
        key, sizeof(Entry), [](void* memory) -> StackNode* { return new (memory) Entry{}; });
    return node == nullptr ? &overflow_ : static_cast<Entry*>(node);
  }

  Entry* overflow() { return &overflow_; }
  const Entry* overflow() const { return &overflow_; }

  // Calls visit(entry) for the overflow entry and then for every stack, the newest first. No lock:
  // stacks added later are not seen. Signal-safe, if `visit` is.
  template <class Visit>
  void ForEach(Visit&& visit) {
    visit(overflow_);
    for (StackNode* node = newest(); node != nullptr; node = node->next_of_all) {
      visit(static_cast<Entry&>(*node));
    }
  }
  template <class Visit>
  void ForEach(Visit&& visit) const {
    visit(overflow_);
    for (const StackNode* node = newest(); node != nullptr; node = node->next_of_all) {
      visit(static_cast<const Entry&>(*node));
    }
  }

 private:
  Entry overflow_;
};

}  // namespace pprof::signal_safe
