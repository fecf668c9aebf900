// How much of an object is in use, where that is known: behind it lie old pointers.
#pragma once

#include <algorithm>
#include <cstdint>

#include "profiler/profiles/holders/objects/object_table.h"

namespace pprof::profiles::holders {

// One bit for each object, and a table of bounded size: what has no room there is taken as in use
// as a whole. Ownership: belongs to the request's memory. Thread safety: none.
class Extents {
 public:
  // False: no memory.
  bool Init(uint32_t objects, uint32_t targets, RequestMemory* memory);

  // The program asked for so many bytes.
  void NoteSize(uint32_t object, uint64_t bytes) { Note(object, bytes, false); }
  // A vector uses so many; of several numbers the largest counts.
  void NoteUsed(uint32_t object, uint64_t bytes) { Note(object, bytes, true); }

  // The bytes in use of an object.
  uint64_t Of(const Object& object) const {
    const bool known = (bits_[object.number / kBits] >> (object.number % kBits) & 1) != 0;
    return known ? std::min(Find(object.number), object.size) : object.size;
  }

 private:
  struct Entry {
    uint32_t object_plus_one;  // 0: none
    uint32_t words : 31;
    uint32_t by_vector : 1;
  };
  static constexpr uint32_t kBits = 64;

  void Note(uint32_t object, uint64_t bytes, bool by_vector);
  uint64_t Find(uint32_t object) const;
  Entry* SlotOf(uint32_t object) const;

  uint64_t* bits_ = nullptr;
  Entry* entries_ = nullptr;
  uint32_t mask_ = 0;
  uint32_t left_ = 0;
};

}  // namespace pprof::profiles::holders
