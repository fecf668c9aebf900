// The clocks. One function a clock, so that nobody mixes them up.
#pragma once

#include <cstdint>

namespace pprof::sys {

// Nanoseconds since 1970; jumps when somebody sets the clock. Thread safety: safe. Signal-safe.
int64_t WallNanos();

}  // namespace pprof::sys
