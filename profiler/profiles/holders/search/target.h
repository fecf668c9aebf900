// A sampled block whose holder is searched for.
#pragma once

#include <cstdint>

#include "profiler/profiles/holders/objects/object_table.h"
#include "profiler/profiles/holders/search/extents.h"
#include "profiler/profiles/holders/search/level.h"
#include "profiler/signal_safe/heap/live_table.h"

namespace pprof::profiles::holders {

constexpr uint32_t kNoHop = UINT32_MAX;
constexpr uint32_t kNoHolder = UINT32_MAX;

// Whether its holder is the only one.
enum class HeldBy : uint8_t {
  kUnknown,  // not looked for
  kOnly,     // without it, nothing reaches the block within 12 pointers more
  kSeveral,  // another root of the same strength does
  kStacks,   // only stacks, registers or mapped memory do
};

// In memory of a request only: it holds a block's address. Plain data, so that zeroes are valid.
struct Target {
  uint64_t block;
  signal_safe::LiveRecord record;
  uint32_t object;      // kNoObject: in no known span
  uint32_t entry;       // of a deep one: the object at kLast on the way to it
  uint32_t hop;         // the last step of the way to it; kNoHop: none
  uint32_t holder;      // index of the caller's; kNoHolder: not known
  uint32_t other;       // another one, if held_by says so; kNoHolder: none
  uint64_t root;        // the root word at the end of the way; 0: the way was lost
  uint64_t other_root;  // that of `other`
  Level level;
  HeldBy held_by;
  bool tagged;  // all pointers to it may have tags in their low 3 bits

  double bytes() const { return record.weight * static_cast<double>(record.size); }
};

// Targets by their objects. Ownership: all belongs to the request's memory.
struct Targets {
  Target* list = nullptr;
  uint32_t count = 0;
  uint32_t* by_object = nullptr;  // open addressing: 1 + index in the list
  uint32_t mask = 0;

  Target* begin() const { return list; }
  Target* end() const { return list + count; }

  // Finds the objects of the blocks, and notes how many bytes of them the program asked for. False:
  // no memory.
  bool Bind(const ObjectTable& objects, Extents* extents, RequestMemory* memory);

  // Calls visit(target) for each target in the object.
  template <class Visit>
  void ForEachIn(uint32_t object, const Visit& visit) const {
    for (uint32_t at = HashOf(object) & mask; by_object[at] != 0; at = (at + 1) & mask) {
      Target& target = list[by_object[at] - 1];
      if (target.object == object) visit(target);
    }
  }

  static uint32_t HashOf(uint32_t object) { return object * 0x9E3779B1U ^ object >> 15; }
};

}  // namespace pprof::profiles::holders
