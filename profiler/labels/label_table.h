// Numbers for label sets, so that a signal handler or malloc can store one as 32 bits. Bounded: at
// most 65,534 distinct sets per process besides the empty one; never freed.
#pragma once

#include <cstdint>
#include <vector>

#include "pprof/snapshot_builder.h"

namespace pprof::labels {

constexpr uint32_t kNoLabels = 0;
constexpr uint32_t kMaxLabelSets = 65536;

// The id of this set; equal sets have the same id. When the table is full: the id of the set
// {"pprof::labels": "table full"}, which shows the loss where it occurs.
// REQUIRES: sorted by key, keys distinct. Thread safety: safe, lock-free.
// Not async-signal-safe: allocates.
uint32_t InternLabels(const std::vector<Label>& labels);

// The set with this id; empty for 0 and for unassigned ids. Ownership: the table's; never freed.
// Thread safety: safe, lock-free. Not async-signal-safe: the first call may allocate.
const std::vector<Label>& LabelsOf(uint32_t label_set);

}  // namespace pprof::labels
