// Interns the stack of a hook's caller.
#pragma once

#include "profiler/signal_safe/tables/stack_table.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind/caller_stack.h"

namespace pprof::signal_safe {

// Interns the caller's stack with the current labels. Never nullptr: returns the overflow entry if
// the table is full. Async-signal-safe.
template <class Entry, class CallerOrAddress>
Entry* CaptureStack(const CallerOrAddress& caller, StackTable<Entry>* table) {
  const CallerStack stack(caller);
  return table->Intern({stack.pcs(), stack.depth(), stack.end(), thread_state.label_set});
}

}  // namespace pprof::signal_safe
