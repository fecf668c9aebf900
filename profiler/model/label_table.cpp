#include "profiler/model/label_table.h"

#include <atomic>
#include <map>
#include <mutex>
#include <string>

namespace pprof::model {
namespace {

// One byte string for each set: equal sets have equal keys.
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

class LabelTable {
 public:
  uint32_t Intern(const std::vector<Label>& labels) {
    const std::string key = KeyOf(labels);
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = ids_.find(key);
    if (found != ids_.end()) return found->second;
    if (next_id_ == kMaxLabelSets - 1) return AddFull();
    ids_.emplace(key, next_id_);
    return Publish(labels);
  }

  const std::vector<Label>& Of(uint32_t id) const {
    // Pairs with the release in Publish.
    const auto* set = id < kMaxLabelSets ? sets_[id].load(std::memory_order_acquire) : nullptr;
    return set == nullptr ? empty_ : *set;
  }

 private:
  uint32_t Publish(const std::vector<Label>& labels) {
    sets_[next_id_].store(new std::vector<Label>(labels), std::memory_order_release);
    return next_id_++;
  }

  uint32_t AddFull() {
    constexpr uint32_t kFull = kMaxLabelSets - 1;
    if (sets_[kFull].load(std::memory_order_relaxed) == nullptr) {
      sets_[kFull].store(new std::vector<Label>{{"pprof::labels", "table full", 0, {}}},
                         std::memory_order_release);
    }
    return kFull;
  }

  std::mutex mutex_;  // guards ids_ and next_id_
  std::map<std::string, uint32_t> ids_;
  uint32_t next_id_ = 1;
  std::atomic<const std::vector<Label>*> sets_[kMaxLabelSets] = {};
  const std::vector<Label> empty_{};
};

// Never freed: threads may ask while the process exits.
LabelTable& TheTable() {
  static LabelTable& table = *new LabelTable;
  return table;
}

}  // namespace

uint32_t InternLabels(const std::vector<Label>& labels) {
  return labels.empty() ? kNoLabels : TheTable().Intern(labels);
}

const std::vector<Label>& LabelsOf(uint32_t label_set) { return TheTable().Of(label_set); }

}  // namespace pprof::model
