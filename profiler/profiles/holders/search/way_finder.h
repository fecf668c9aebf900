// Finds the ways to the targets, from the highest level down: objects of one level less are looked
// through for pointers to the objects that are wanted.
#pragma once

#include <cstdint>

#include "profiler/profiles/holders/search/marker.h"
#include "profiler/profiles/holders/search/ways.h"

namespace pprof::profiles::holders {

// Each object is read at most once. A pointer that is gone by now leaves its way without a root.
// Thread safety: none. Not async-signal-safe.
class WayFinder {
 public:
  WayFinder(const SearchSpace& space, Levels* levels)
      : space_(space), rules_(space.objects, &space.memory), levels_(*levels) {}

  // False: no memory.
  bool Init(RequestMemory* memory);

  // Adds the ways to those targets that `wants` accepts. `wants`: bool(const Target&).
  template <class Wants>
  void Find(const WithoutRoots& without, const Wants& wants, Ways* ways) {
    Begin(ways);
    for (const Target& target : space_.targets) {
      if (target.object != kNoObject && wants(target)) Want(ObjectOnWay(target));
    }
    Run(without);
  }

  // The object whose way stands for that of the target: of a deep one, the last that has one.
  uint32_t ObjectOnWay(const Target& target) const {
    return PointersOf(levels_[target.object]) == kDeep ? target.entry : target.object;
  }

 private:
  void Begin(Ways* ways);
  void Want(uint32_t object);
  void Run(const WithoutRoots& without);
  template <bool kLoose>
  void LookInRoots(Level level, const WithoutRoots& without);
  template <bool kLoose>
  void LookInObjects(Level level, Level of);
  void LookInAllForWeak(Level level);
  template <bool kLoose>
  bool Take(const WordAt& word, Level level, Hop hop);

  const SearchSpace space_;
  PointerRules rules_;
  Levels& levels_;
  Ways* ways_ = nullptr;
  uint64_t* wanted_ = nullptr;  // one bit for each object
  uint32_t open_[kHighestLevel + 1] = {};
};

}  // namespace pprof::profiles::holders
