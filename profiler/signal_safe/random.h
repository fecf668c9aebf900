// Random numbers for sampling decisions: one generator per thread, good enough for statistics.
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

// 64 uniform bits; the first call seeds the thread's generator. A handler that interrupts it may
// get the same number. Async-signal-safe.
uint64_t NextRandom();

// Uniform in (0, 1]. Async-signal-safe.
inline double NextUniform() { return static_cast<double>((NextRandom() >> 11) + 1) * 0x1p-53; }

}  // namespace pprof::signal_safe
