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

  // Marks anew by strict rules: all that strong roots reach, then what weaker ones reach besides.
  void Mark();

  // The same without some roots, in two parts: what is up to kLast pointers away from roots of any
  // strength, and what is farther.
  void MarkNear(const WithoutRoots& without);
  void MarkFar();

  // Marks what loose rules reach besides, after Mark.
  void MarkWeakly();

  Levels& levels() { return levels_; }

  // Whether all pointers to an object may have tags in their low 3 bits. Of the first Mark.
  bool IsTagged(uint32_t object) const {
    return (tagged_[object / kBits] >> (object % kBits) & 1) != 0;
  }

 private:
  template <bool kLoose, class Matches>
  bool MarkRoots(Strength strength, const WithoutRoots& without, const Matches& matches);
  bool MarkStrictRoots(Strength strength, const WithoutRoots& without);
  // Breadth first to kLast; true if there may be more.
  template <bool kLoose>
  bool MarkFrom(Strength strength, bool any);
  template <bool kLoose>
  bool Sweep(Level from, Level to);
  template <bool kLoose>
  void MarkDeep(Strength strength);
  template <bool kLoose>
  void Descend(const Object& entry, Strength strength);
  template <bool kLoose>
  bool Reach(const WordAt& word, Level level, Object* to);
  void NoteTag(const WordAt& word, const Object& to);

  // Loose rules also count what lies behind the words in use.
  const Extents* ExtentsFor(bool loose) const { return loose ? nullptr : &space_.extents; }

  static constexpr uint32_t kBits = 64;

  const SearchSpace space_;
  PointerRules rules_;
  Levels levels_;
  uint64_t* tagged_ = nullptr;  // one bit for each object
  uint64_t tags_ = 0;           // bits set so far
  uint64_t* stack_ = nullptr;   // starts of objects whose words are not looked at yet
  uint32_t depth_ = 0;
  uint32_t room_ = 0;
  bool overflowed_ = false;
};

}  // namespace pprof::profiles::holders
