// A stack of the writer side's tables, as builders take it.
#pragma once

#include <atomic>

#include "pprof/snapshot_builder.h"

namespace pprof::profiles {

// What counts for the stacks that a full table has put together.
constexpr const char* kOverflowFrame = "pprof::StackTableFull";

// `Entry`: any of StackTableOf's. The view is valid for ever: entries are never freed.
template <class Entry>
StackView ViewOf(const Entry& entry) {
  return {entry.pcs(), entry.depth, /*leaf_is_exact=*/false, entry.truncated,
          entry.unloaded_as.load(std::memory_order_acquire)};
}

}  // namespace pprof::profiles
