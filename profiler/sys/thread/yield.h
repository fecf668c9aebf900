// Gives the CPU to another runnable thread.
#pragma once

namespace pprof::sys {

// Signal-safe. Thread safety: safe.
void Yield();

}  // namespace pprof::sys
