#include "profiler/profiles/holders/search/exclusive.h"

#include <algorithm>

namespace pprof::profiles::holders {
namespace {

constexpr uint32_t kMoreAtMost = 12;

HeldBy VerdictOf(Level before, Level without) {
  if (without == 0) return HeldBy::kOnly;
  if (StrengthOf(without) > StrengthOf(before)) return HeldBy::kStacks;
  const bool as_near =
      PointersOf(without) != kDeep && PointersOf(without) <= PointersOf(before) + kMoreAtMost;
  return as_near ? HeldBy::kSeveral : HeldBy::kOnly;
}

}  // namespace

void CheckHolder(const SearchSpace& space, const WithoutRoots& without, uint32_t holder,
                 Marker* marker, WayFinder* finder, Ways* others) {
  uint32_t farthest = 0;
  for (const Target& target : space.targets) {
    if (target.holder == holder) farthest = std::max(farthest, PointersOf(target.level));
  }
  marker->Mark(without, std::min(farthest + kMoreAtMost + 1, kLast));
  if (space.memory.budget().IsSpent()) return;
  others->Clear();
  for (Target& target : space.targets) {
    if (target.holder == holder) target.held_by = VerdictOf(target.level, marker->levels()[target.object]);
  }
  const auto is_shared = [&](const Target& target) {
    return target.holder == holder &&
           (target.held_by == HeldBy::kSeveral || target.held_by == HeldBy::kStacks);
  };
  finder->Find(without, is_shared, others);
  for (Target& target : space.targets) {
    if (is_shared(target)) {
      target.other_root = others->RootOf(others->Find(finder->ObjectOnWay(target)));
    }
  }
}

}  // namespace pprof::profiles::holders
