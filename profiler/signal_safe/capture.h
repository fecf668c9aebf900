// The stack of whoever called one of our hooks, interned.
#pragma once

#include "profiler/signal_safe/stack_table.h"

namespace pprof::signal_safe {

// Walks the calling thread's stack, cuts the frames before the return address `caller`, and
// interns the rest with the labels in force. Never nullptr: the overflow entry at worst.
// Signal-safe.
StackEntry* CaptureStack(void* caller, StackTable* table);

}  // namespace pprof::signal_safe
