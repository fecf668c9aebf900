// Maps a stack and its label set to an entry with counters. Bounded, lock-free insertion; like
// Go's, never removes a stack.
//
// Writers: any thread, inside malloc or a handler. Readers: the server's thread, by ForEach().
// Invariants:
//  1. A stack in a hash chain is immutable, except for its counters.
//  2. Chains and the list of all stacks only grow at their heads. A stack in a chain is in the list
//     as well, also in the child of a fork; the list also has the stacks that lost a race for a
//     chain, with zero counters.
//  3. At most kMaxStacks stacks; further ones share overflow(), whose counters sum them up.
// Memory: 512 KiB of chain heads, touched lazily, plus the entry and 8 bytes per frame for each
// stack: 23 MiB for 65,536 stacks of 30 frames with the heap's counters.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "profiler/signal_safe/tables/arena.h"
#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::signal_safe {

// The frames and labels of one stack. A table's entries derive from it and add counters, which
// start at zero. The frames follow the entry in memory. Async-signal-safe.
struct StackNode {
  // Immutable after construction.
  StackNode* next_in_chain;
  StackNode* next_of_all;
  uint64_t hash;
  uint32_t depth;
  uint32_t label_set;
  uint16_t entry_bytes;  // offset of the frames
  StackEnd end;
  // 0, or 1 + the index of the unloaded module its frames belong to; final once set.
  std::atomic<uint32_t> unloaded_as;

  // Return addresses, leaf first.
  const uintptr_t* pcs() const {
    return reinterpret_cast<const uintptr_t*>(reinterpret_cast<const char*>(this) + entry_bytes);
  }
};

// Key of a stack to find or insert.
struct StackKey {
  const uintptr_t* pcs;
  size_t depth;
  StackEnd end;
  uint32_t label_set;
};

// A table of nodes, without the entries' type. REQUIRES: static storage or zeroed memory.
// Thread safety: safe. Async-signal-safe.
class StackNodeTable {
 public:
  static constexpr size_t kMaxStacks = 65536;

  size_t size() const { return size_.load(std::memory_order_relaxed); }
  size_t mapped_bytes() const { return arena_.mapped_bytes(); }

  // Calls visit(node) for each stack of every table in the process, except overflow entries. Stacks
  // added meanwhile may be missed. Async-signal-safe if `visit` is.
  template <class Visit>
  static void ForEachOfAllTables(Visit&& visit) {
    const StackNodeTable* table = newest_table_.load(std::memory_order_acquire);
    for (; table != nullptr; table = table->next_table_) {
      StackNode* node = table->newest();
      for (; node != nullptr; node = node->next_of_all) visit(*node);
    }
  }

 protected:
  // Finds or inserts a stack; nullptr when the table is full or memory is refused. `construct`
  // makes an entry in `entry_bytes` zeroed bytes. Lock-free.
  StackNode* Intern(const StackKey& key, size_t entry_bytes, StackNode* (*construct)(void* memory));

  StackNode* newest() const { return all_.load(std::memory_order_acquire); }

 private:
  static constexpr size_t kChains = 65536;
  // The tables that have stacks, newest first.
  static std::atomic<StackNodeTable*> newest_table_;

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
// never destroyed. Thread safety: safe. Async-signal-safe.
template <class Entry>
class StackTable : public StackNodeTable {
 public:
  // Finds or inserts a stack; overflow() when the table is full or memory is refused. Lock-free.
  // REQUIRES: depth <= kMaxStackDepth.
  Entry* Intern(const StackKey& key) {
    StackNode* node = StackNodeTable::Intern(
        key, sizeof(Entry), [](void* memory) -> StackNode* { return new (memory) Entry{}; });
    return node == nullptr ? &overflow_ : static_cast<Entry*>(node);
  }

  Entry* overflow() { return &overflow_; }
  const Entry* overflow() const { return &overflow_; }

  // Calls visit(entry) for the overflow entry, then for every stack, newest first. Lock-free:
  // stacks added later are not visited. Async-signal-safe if `visit` is.
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
