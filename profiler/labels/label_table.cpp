#include "profiler/labels/label_table.h"

#include <atomic>
#include <functional>
#include <string>
#include <type_traits>

namespace pprof::labels {
namespace {

// A byte string that is equal for equal sets.
std::string KeyOf(const std::vector<Label>& labels) {
  std::string key;
  for (const Label& label : labels) {
    for (const std::string& part : {label.key, label.text, label.number_unit}) {
      key += std::to_string(part.size()) + ':' + part;
    }
    key += std::to_string(label.number) + ';';
  }
  return key;
}

struct LabelSetEntry {
  const std::vector<Label> labels;
  const std::string key;
  const uint32_t id;
  LabelSetEntry* next;  // in its hash chain
};

// Maps a key to its set in chains that only grow at their heads, and an id to its set. Lock-free
// and without a constructor: application threads intern, and a forked child must find every table
// consistent.
class LabelTable {
 public:
  uint32_t Intern(const std::vector<Label>& labels) {
    const std::string key = KeyOf(labels);
    auto& chain = chains_[std::hash<std::string>()(key) % kMaxLabelSets];
    LabelSetEntry* head = chain.load(std::memory_order_acquire);
    if (const auto* found = Find(head, nullptr, key)) return found->id;
    const uint32_t id = NextId();
    if (id == kFull) {
      Standing(kFull, {{"pprof::labels", "table full", 0, {}}});
      return kFull;
    }
    auto* entry = new LabelSetEntry{labels, key, id, head};
    sets_[id].store(entry, std::memory_order_release);
    // Pairs with the acquire loads: a thread that sees the entry sees its labels.
    while (!chain.compare_exchange_weak(entry->next, entry, std::memory_order_acq_rel)) {
      if (const auto* found = Find(entry->next, head, key)) {
        GiveBack(entry);  // another thread was first
        return found->id;
      }
      head = entry->next;
    }
    return id;
  }

  const std::vector<Label>& Of(uint32_t id) {
    const auto* set = id < kMaxLabelSets ? sets_[id].load(std::memory_order_acquire) : nullptr;
    return set == nullptr ? Standing(kNoLabels, {}) : set->labels;
  }

 private:
  static constexpr uint32_t kFull = kMaxLabelSets - 1;

  // Searches from `from` up to, not including, `end`.
  static const LabelSetEntry* Find(const LabelSetEntry* from, const LabelSetEntry* end,
                                   const std::string& key) {
    while (from != end && from->key != key) from = from->next;
    return from == end ? nullptr : from;
  }

  // The id was not published: the next set may reuse it, if no later id was assigned.
  void GiveBack(LabelSetEntry* entry) {
    sets_[entry->id].store(nullptr, std::memory_order_relaxed);
    uint32_t last = entry->id;
    used_.compare_exchange_strong(last, last - 1);
    delete entry;
  }

  uint32_t NextId() {
    uint32_t used = used_.load(std::memory_order_relaxed);
    while (used < kFull - 1 && !used_.compare_exchange_weak(used, used + 1)) {
    }
    return used < kFull - 1 ? used + 1 : kFull;
  }

  // A set with a fixed id and no key; made on first use.
  const std::vector<Label>& Standing(uint32_t id, const std::vector<Label>& labels) {
    LabelSetEntry* entry = sets_[id].load(std::memory_order_acquire);
    if (entry != nullptr) return entry->labels;
    auto* fresh = new LabelSetEntry{labels, {}, id, nullptr};
    if (sets_[id].compare_exchange_strong(entry, fresh, std::memory_order_acq_rel)) entry = fresh;
    if (entry != fresh) delete fresh;
    return entry->labels;
  }

  std::atomic<LabelSetEntry*> chains_[kMaxLabelSets];
  std::atomic<LabelSetEntry*> sets_[kMaxLabelSets];
  std::atomic<uint32_t> used_;  // assigned ids: 1 to used_
};

// 1 MiB of zeroes, of which only used pages are touched.
LabelTable the_table;
static_assert(std::is_trivially_default_constructible_v<LabelTable>);

}  // namespace

uint32_t InternLabels(const std::vector<Label>& labels) {
  return labels.empty() ? kNoLabels : the_table.Intern(labels);
}

const std::vector<Label>& LabelsOf(uint32_t label_set) { return the_table.Of(label_set); }

}  // namespace pprof::labels
