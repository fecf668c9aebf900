// Converts stacks of the signal_safe tables for profile builders.
#pragma once

#include <atomic>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "profiler/labels/label_table.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::profiles {

// The frame that represents all stacks which did not fit in a table.
constexpr const char* kOverflowFrame = "pprof::StackTableFull";

// The public reasons have the same names and numbers.
constexpr StackView::End EndOf(signal_safe::StackEnd end) {
  return static_cast<StackView::End>(end);
}
static_assert(EndOf(signal_safe::StackEnd::kRoot) == StackView::End::kRoot &&
              EndOf(signal_safe::StackEnd::kUnread) == StackView::End::kUnread);

// A stack whose leaf is an interrupted instruction.
inline StackView ViewOf(const std::vector<uintptr_t>& pcs, signal_safe::StackEnd end) {
  return {pcs.data(), pcs.size(), /*leaf_is_exact=*/true, false, EndOf(end)};
}

// `Entry`: that of any StackTable. The view is always valid: entries are never freed.
template <class Entry>
StackView ViewOf(const Entry& entry) {
  return {entry.pcs(), entry.depth, /*leaf_is_exact=*/false, false, EndOf(entry.end)};
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
