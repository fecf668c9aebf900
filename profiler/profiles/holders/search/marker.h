// Marks what the roots reach, breadth first: the distance of each object becomes the shortest.
#pragma once

#include <cstdint>
#include <vector>

#include "profiler/profiles/holders/search/levels.h"
#include "profiler/profiles/holders/search/pointer_rules.h"
#include "profiler/profiles/holders/search/target.h"

namespace pprof::profiles::holders {

// All that one search works on. The tables outlive it.
struct SearchSpace {
  const ObjectTable& objects;
  const std::vector<Root>& roots;
  Targets& targets;
  LiveMemory& memory;
  Extents& extents;
};

// Root words that are taken for empty.
struct WithoutRoots {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool Has(uint64_t address) const { return address - begin < end - begin; }
};

// No queue and no recursion: each distance is a sweep over the levels, in address order; what is
// farther than kLast is marked depth first with a stack of limited size. Thread safety: none.
// Not async-signal-safe.
class Marker {
 public:
  explicit Marker(const SearchSpace& space)
      : space_(space), rules_(space.objects, &space.memory), levels_(space.objects) {}

  // False: no memory for the levels.
  bool Init(RequestMemory* memory);

  // Marks anew by strict rules, strong roots first.
  void Mark(const WithoutRoots& without);

  // Marks what loose rules reach besides, after Mark.
  void MarkWeakly();

  Levels& levels() { return levels_; }

 private:
  template <bool kLoose, class Matches>
  bool MarkRoots(Strength strength, const WithoutRoots& without, const Matches& matches);
  template <bool kLoose>
  void MarkFrom(Strength strength, bool any);
  template <bool kLoose>
  bool Sweep(Level from, Level to);
  template <bool kLoose>
  void MarkDeep(Strength strength);
  template <bool kLoose>
  void Descend(const Object& entry, Strength strength);
  template <bool kLoose>
  bool Reach(const WordAt& word, Level level, Object* to);

  // Loose rules also count what lies behind the words in use.
  const Extents* ExtentsFor(bool loose) const { return loose ? nullptr : &space_.extents; }

  const SearchSpace space_;
  PointerRules rules_;
  Levels levels_;
  uint64_t* stack_ = nullptr;  // starts of objects whose words are not looked at yet
  uint32_t depth_ = 0;
  uint32_t room_ = 0;
  bool overflowed_ = false;
};

}  // namespace pprof::profiles::holders
