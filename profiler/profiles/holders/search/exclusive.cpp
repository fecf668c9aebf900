#include "profiler/profiles/holders/search/exclusive.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint32_t kMoreAtMost = 12;
constexpr uint64_t kFarNanos = 200000000;

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
  Budget& budget = space.memory.budget();
  marker->MarkNear(without);
  if (budget.IsSpent()) return;
  // Long lists take long, and only tell which of two holders is the usual one.
  budget.AllowMore(kFarNanos);
  marker->MarkFar();
  budget.Allow(1);
  others->Clear();
  const auto is_held_twice = [&](const Target& target) {
    return target.holder == holder && marker->levels()[target.object] != 0;
  };
  finder->Find(without, is_held_twice, others);
  for (Target& target : space.targets) {
    if (target.holder != holder) continue;
    target.held_by = VerdictOf(target.level, marker->levels()[target.object]);
    if (!is_held_twice(target)) continue;
    target.other_root = others->RootOf(others->Find(finder->ObjectOnWay(target)));
  }
}

}  // namespace pprof::profiles::holders
