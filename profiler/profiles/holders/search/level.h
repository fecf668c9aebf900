// How far an object is from the roots that reach it, in one byte.
#pragma once

#include <algorithm>
#include <cstdint>

#include "profiler/profiles/holders/search/root.h"

namespace pprof::profiles::holders {

// 0: not reached. Otherwise strength * kLevels + pointers from the root: 1 to kLast, or kDeep for
// all that is farther.
using Level = uint8_t;

constexpr uint32_t kLevels = 63;
constexpr uint32_t kLast = 61;
constexpr uint32_t kDeep = 62;

constexpr Level LevelOf(Strength strength, uint32_t pointers) {
  return static_cast<Level>(static_cast<uint32_t>(strength) * kLevels + pointers);
}
constexpr Strength StrengthOf(Level level) { return static_cast<Strength>(level / kLevels); }
constexpr uint32_t PointersOf(Level level) { return level % kLevels; }

constexpr Level kHighestLevel = LevelOf(Strength::kWeak, kDeep);

}  // namespace pprof::profiles::holders
