#include "profiler/signal_safe/stack_table.h"

#include <cstring>
#include <new>

#include "profiler/signal_safe/contention_sampler.h"

namespace pprof::signal_safe {
namespace {

uint64_t HashOf(const uintptr_t* pcs, size_t depth, bool truncated, uint32_t label_set) {
  uint64_t hash = 0xCBF29CE484222325 ^ label_set ^ uint64_t { truncated } << 32;
  for (size_t i = 0; i < depth; ++i) {
    hash = (hash ^ pcs[i]) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 29;
  }
  return hash;
}

struct Key {
  const uintptr_t* pcs;
  uint64_t hash;
  uint32_t depth;
  uint32_t label_set;
  bool truncated;
};

template <class Entry>
bool Matches(const Entry& entry, const Key& key) {
  return entry.hash == key.hash && entry.depth == key.depth && entry.label_set == key.label_set &&
         entry.truncated == key.truncated &&
         entry.unloaded_as.load(std::memory_order_relaxed) == 0 &&
         std::memcmp(entry.pcs(), key.pcs, key.depth * sizeof *key.pcs) == 0;
}

// Looks from `from` down to, not including, `end`.
template <class Entry>
Entry* Find(Entry* from, const Entry* end, const Key& key) {
  for (Entry* entry = from; entry != end; entry = entry->next_in_chain) {
    if (Matches(*entry, key)) return entry;
  }
  return nullptr;
}

template <class Entry>
Entry* Make(void* memory, const Key& key) {
  auto* entry = new (memory) Entry{};
  entry->hash = key.hash;
  entry->depth = key.depth;
  entry->label_set = key.label_set;
  entry->truncated = key.truncated;
  std::memcpy(entry->pcs(), key.pcs, key.depth * sizeof *key.pcs);
  return entry;
}

template <class Entry>
void PushFront(std::atomic<Entry*>& head, Entry* entry) {
  entry->next_of_all = head.load(std::memory_order_relaxed);
  while (!head.compare_exchange_weak(entry->next_of_all, entry, std::memory_order_release,
                                     std::memory_order_relaxed)) {
  }
}

}  // namespace

template <class Entry>
Entry* StackTableOf<Entry>::Intern(const uintptr_t* pcs, size_t depth, bool truncated,
                                   uint32_t label_set) {
  const Key key{pcs, HashOf(pcs, depth, truncated, label_set), static_cast<uint32_t>(depth),
                label_set, truncated};
  std::atomic<Entry*>& chain = chains_[key.hash & (kChains - 1)];
  Entry* head = chain.load(std::memory_order_acquire);
  if (Entry* found = Find<Entry>(head, nullptr, key)) return found;
  if (size_.fetch_add(1, std::memory_order_relaxed) >= kMaxStacks) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    return &overflow_;
  }
  void* memory = arena_.Allocate(sizeof(Entry) + depth * sizeof *pcs);
  if (memory == nullptr) {
    size_.fetch_sub(1, std::memory_order_relaxed);
    return &overflow_;
  }
  Entry* entry = Make<Entry>(memory, key);
  entry->next_in_chain = head;
  // First here: a fork between the two would leave a stack in the child that counts and is never
  // read.
  PushFront(all_, entry);
  // Pairs with the acquire loads: who sees the entry sees its frames.
  while (!chain.compare_exchange_weak(entry->next_in_chain, entry, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
    if (Entry* found = Find<Entry>(entry->next_in_chain, head, key)) {
      size_.fetch_sub(1, std::memory_order_relaxed);
      return found;  // another thread was first; our copy stays in the list of all, with zeroes
    }
    head = entry->next_in_chain;
  }
  return entry;
}

template class StackTableOf<StackEntry>;
template class StackTableOf<ContentionStack>;

}  // namespace pprof::signal_safe
