// The shortest ways of pointers from roots to objects, step by step.
#pragma once

#include <cstdint>

#include "profiler/profiles/holders/search/target.h"

namespace pprof::profiles::holders {

// The last step of the way to an object.
struct Hop {
  uint64_t root;    // the root word with the pointer; 0: it is in `holder`
  uint32_t object;  // pointed to
  uint32_t holder;  // kNoObject: a root
  uint32_t offset;  // of the pointer in the holder, in bytes
  uint32_t up;      // the step into the holder; kNoHop: not found
};

// Steps by their objects, each object once. Ownership: belongs to the request's memory. Thread
// safety: none.
class Ways {
 public:
  // False: no memory.
  bool Init(uint32_t most, RequestMemory* memory);
  void Clear();

  // False: no room.
  bool Add(const Hop& hop);
  // The index of the step into an object, or kNoHop.
  uint32_t Find(uint32_t object) const;
  const Hop& operator[](uint32_t hop) const { return hops_[hop]; }
  uint32_t size() const { return count_; }
  bool IsFull() const { return count_ == most_; }

  // Fills Hop::up, once all steps are there.
  void Link();
  // The root word at the end of the way that ends in `hop`; 0: the way was lost.
  uint64_t RootOf(uint32_t hop) const;

 private:
  uint32_t SlotOf(uint32_t object) const;

  Hop* hops_ = nullptr;
  uint32_t count_ = 0;
  uint32_t most_ = 0;
  uint32_t* by_object_ = nullptr;  // open addressing: 1 + index
  uint32_t mask_ = 0;
};

}  // namespace pprof::profiles::holders
