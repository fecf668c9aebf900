// Label sets by number, so that a signal handler or malloc can note one with a 32-bit store.
// Bounded: at most 65,535 distinct sets in the life of a process; never freed.
#pragma once

#include <cstdint>
#include <vector>

#include "pprof/snapshot_builder.h"

namespace pprof::labels {

constexpr uint32_t kNoLabels = 0;
constexpr uint32_t kMaxLabelSets = 65536;

// The number of this set, the same for equal sets. When the table is full: the number of the one
// set {"pprof::labels": "table full"}, so that the loss is visible where it happened.
// REQUIRES: sorted by key, keys distinct. Thread safety: safe, without a lock. Not signal-safe:
// allocates.
uint32_t InternLabels(const std::vector<Label>& labels);

// The set of that number; empty for 0 and for numbers never given out. Ownership: the table's, for
// ever. Thread safety: safe, without a lock.
const std::vector<Label>& LabelsOf(uint32_t label_set);

}  // namespace pprof::labels
