#include "profiler/signal_safe/tables/stack_table.h"

#include <cstring>

namespace pprof::signal_safe {

std::atomic<StackNodeTable*> StackNodeTable::newest_table_;

namespace {

uint64_t HashOf(const StackKey& key) {
  uint64_t hash = 0xCBF29CE484222325 ^ key.label_set ^ static_cast<uint64_t>(key.end) << 32;
  for (size_t i = 0; i < key.depth; ++i) {
    hash = (hash ^ key.pcs[i]) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 29;
  }
  return hash;
}

bool Matches(const StackNode& node, const StackKey& key, uint64_t hash) {
  return node.hash == hash && node.depth == key.depth && node.label_set == key.label_set &&
         node.end == key.end && node.unloaded_as.load(std::memory_order_relaxed) == 0 &&
         std::memcmp(node.pcs(), key.pcs, key.depth * sizeof *key.pcs) == 0;
}

// Searches from `from` up to, not including, `end`.
StackNode* Find(StackNode* from, const StackNode* end, const StackKey& key, uint64_t hash) {
  for (StackNode* node = from; node != end; node = node->next_in_chain) {
    if (Matches(*node, key, hash)) return node;
  }
  return nullptr;
}

void Fill(StackNode* node, const StackKey& key, uint64_t hash, size_t entry_bytes) {
  node->hash = hash;
  node->depth = static_cast<uint32_t>(key.depth);
  node->label_set = key.label_set;
  node->end = key.end;
  node->entry_bytes = static_cast<uint16_t>(entry_bytes);
  std::memcpy(reinterpret_cast<char*>(node) + entry_bytes, key.pcs, key.depth * sizeof *key.pcs);
}

void PushFront(std::atomic<StackNode*>& head, StackNode* node) {
  node->next_of_all = head.load(std::memory_order_relaxed);
  while (!head.compare_exchange_weak(node->next_of_all, node, std::memory_order_release,
                                     std::memory_order_relaxed)) {
  }
}

}  // namespace

StackNode* StackNodeTable::Intern(const StackKey& key, size_t entry_bytes,
                                  StackNode* (*construct)(void* memory)) {
  const uint64_t hash = HashOf(key);
  StackNode* head = chains_[hash & (kChains - 1)].load(std::memory_order_acquire);
  if (StackNode* found = Find(head, nullptr, key, hash)) return found;
  if (size_.fetch_add(1, std::memory_order_relaxed) < kMaxStacks) {
    if (StackNode* added = Add(key, hash, head, entry_bytes, construct)) return added;
  }
  size_.fetch_sub(1, std::memory_order_relaxed);
  return nullptr;
}

// nullptr: out of memory.
StackNode* StackNodeTable::Add(const StackKey& key, uint64_t hash, StackNode* head,
                               size_t entry_bytes, StackNode* (*construct)(void* memory)) {
  void* memory = arena_.Allocate(entry_bytes + key.depth * sizeof *key.pcs);
  if (memory == nullptr) return nullptr;
  if (!enlisted_.load(std::memory_order_relaxed)) EnlistTable();
  StackNode* node = construct(memory);
  Fill(node, key, hash, entry_bytes);
  node->next_in_chain = head;
  // Into the list first: a fork in between would leave the child a stack that counts but is never
  // read.
  PushFront(all_, node);
  std::atomic<StackNode*>& chain = chains_[hash & (kChains - 1)];
  // Pairs with the acquire loads: a thread that sees the node sees its frames.
  while (!chain.compare_exchange_weak(node->next_in_chain, node, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
    if (StackNode* found = Find(node->next_in_chain, head, key, hash)) {
      size_.fetch_sub(1, std::memory_order_relaxed);
      return found;  // another thread was first; our copy stays in the list, with zero counters
    }
    head = node->next_in_chain;
  }
  return node;
}

void StackNodeTable::EnlistTable() {
  if (enlisted_.exchange(true, std::memory_order_relaxed)) return;
  next_table_ = newest_table_.load(std::memory_order_relaxed);
  while (!newest_table_.compare_exchange_weak(next_table_, this, std::memory_order_release,
                                              std::memory_order_relaxed)) {
  }
}

}  // namespace pprof::signal_safe
