// Converts stacks of the signal_safe tables for profile builders.
#pragma once

#include <atomic>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "profiler/labels/label_table.h"
#include "profiler/model/snapshot_access.h"

namespace pprof::profiles {

// The frame that represents all stacks which did not fit in a table.
constexpr const char* kOverflowFrame = "pprof::StackTableFull";

// `Entry`: that of any StackTable. The view is always valid: entries are never freed.
template <class Entry>
StackView ViewOf(const Entry& entry) {
  return {entry.pcs(), entry.depth, /*leaf_is_exact=*/false, entry.truncated};
}

// Adds a table's stack with its labels; the overflow entry becomes kOverflowFrame.
template <class Table, class Entry>
void AddStackOf(const Table& table, const Entry& entry, const std::vector<int64_t>& values,
                SnapshotBuilder& builder) {
  if (&entry == table.overflow()) return builder.AddNamed(kOverflowFrame, values);
  model::SnapshotAccess::BuilderOf(builder).Add(ViewOf(entry), values.data(),
                                                labels::LabelsOf(entry.label_set),
                                                entry.unloaded_as.load(std::memory_order_acquire));
}

}  // namespace pprof::profiles
