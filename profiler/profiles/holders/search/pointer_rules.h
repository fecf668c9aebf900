// Which words are pointers to objects.
#pragma once

#include <cstdint>

#include "profiler/profiles/holders/objects/object_table.h"
#include "profiler/profiles/holders/search/live_memory.h"

namespace pprof::profiles::holders {

// Strict rules count pointers to the start of an object and into it, but not the end pointers of
// arrays, which point to the object behind. Loose rules count them, too, and pointers with a tag in
// the high 16 bits. Thread safety: none. Not async-signal-safe.
class PointerRules {
 public:
  PointerRules(const ObjectTable& objects, LiveMemory* memory)
      : objects_(objects), memory_(*memory) {}

  // False: the word points to no object, or does not count.
  template <bool kLoose>
  bool PointsTo(const WordAt& word, Object* to) const {
    uint64_t value = word.value();
    if (kLoose && (value >> kTagShift) != 0) value &= kUntagged;
    if (!objects_.MayHold(value) || !objects_.Find(value, to)) return false;
    if (kLoose) return true;
    return value != to->start || !IsEnd(word);
  }

  // Whether the pointer may have a tag in its low 3 bits. It may also point into the object.
  static bool MayBeTagged(const WordAt& word, const Object& to) {
    return word.value() - to.start - 1 < sizeof(uint64_t) - 1;
  }

  // If the words from this one on are those of a vector, its begin, its finish and the end of
  // `object`: sets `bytes` to what is in use.
  bool IsVector(const WordAt& word, const Object& object, uint64_t* bytes) const {
    const uint64_t used = word.Near(1) - object.start;
    if (used > object.size || word.value() != object.start) return false;
    const uint64_t room = word.Near(2) - object.start;
    *bytes = used;
    const bool fills = room <= object.size && object.size - room <= object.size / 4 + kRounding;
    return used <= room && fills && (used > 0 || !IsDeque(word));
  }

 private:
  static constexpr uint64_t kRounding = 16;  // of small size classes
  static constexpr int kTagShift = 48;
  static constexpr uint64_t kUntagged = (uint64_t{1} << kTagShift) - 1;

  bool IsEnd(const WordAt& word) const;
  bool IsDeque(const WordAt& word) const;

  const ObjectTable& objects_;
  LiveMemory& memory_;
};

}  // namespace pprof::profiles::holders
