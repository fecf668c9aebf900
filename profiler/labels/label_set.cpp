// LabelSet and ScopedLabels: interned label sets, and each thread's current one.
#include <algorithm>

#include "pprof/labels.h"
#include "profiler/labels/label_table.h"
#include "profiler/signal_safe/hooks/on_thread.h"

namespace pprof {
namespace {

// Sorts by key; of labels with equal keys the last one wins.
uint32_t InternSorted(std::vector<Label> labels) {
  const auto before = [](const Label& a, const Label& b) { return a.key < b.key; };
  std::stable_sort(labels.begin(), labels.end(), before);
  std::vector<Label> distinct;
  for (Label& label : labels) {
    if (!distinct.empty() && distinct.back().key == label.key) distinct.pop_back();
    distinct.push_back(std::move(label));
  }
  return labels::InternLabels(distinct);
}

}  // namespace

LabelSet::LabelSet(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  std::vector<Label> labels;
  for (const auto& [key, value] : pairs) {
    labels.push_back({std::string(key), std::string(value), 0, {}});
  }
  id_ = InternSorted(std::move(labels));
}

LabelSet LabelSet::Current() { return LabelSet(signal_safe::CurrentLabels()); }

const std::vector<Label>& LabelSet::labels() const { return labels::LabelsOf(id_); }

LabelSet LabelSet::With(const LabelSet& other) const {
  if (id_ == 0 || id_ == other.id_) return other;
  if (other.id_ == 0) return *this;
  // Servers put the same labels on top of the same ones, request by request.
  thread_local uint32_t last_base = 0;
  thread_local uint32_t last_added = 0;
  thread_local uint32_t last_result = 0;
  if (id_ != last_base || other.id_ != last_added) {
    std::vector<Label> merged = labels();
    merged.insert(merged.end(), other.labels().begin(), other.labels().end());
    last_base = id_;
    last_added = other.id_;
    last_result = InternSorted(std::move(merged));
  }
  return LabelSet(last_result);
}

ScopedLabels::ScopedLabels(const LabelSet& labels) : before_(signal_safe::CurrentLabels()) {
  signal_safe::SetLabels(LabelSet(before_).With(labels).id());
}

ScopedLabels::~ScopedLabels() { signal_safe::SetLabels(before_); }

}  // namespace pprof
