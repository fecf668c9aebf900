// From a hook to an entry of a stack table.
#pragma once

#include "profiler/signal_safe/tables/stack_table.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind/caller_stack.h"

namespace pprof::signal_safe {

// The caller's stack with the labels in force. Never nullptr: the overflow entry at worst.
// Signal-safe.
template <class Entry, class CallerOrAddress>
Entry* CaptureStack(const CallerOrAddress& caller, StackTable<Entry>* table) {
  const CallerStack stack(caller);
  return table->Intern({stack.pcs(), stack.depth(), stack.truncated(), thread_state.label_set});
}

}  // namespace pprof::signal_safe
