// Random numbers for sampling decisions: one generator a thread, good enough for statistics.
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

// 64 uniform bits; seeds the thread's generator at its first call. Signal-safe: a handler that
// interrupts it may get the same number.
uint64_t NextRandom();

// Uniform in (0, 1]. Signal-safe.
inline double NextUniform() { return static_cast<double>((NextRandom() >> 11) + 1) * 0x1p-53; }

}  // namespace pprof::signal_safe
