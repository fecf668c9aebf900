#include "profiler/profiles/holders/search/target.h"

namespace pprof::profiles::holders {

bool Targets::Bind(const ObjectTable& objects, Extents* extents, RequestMemory* memory) {
  constexpr uint32_t kLeastSlots = 1024;
  uint32_t slots = kLeastSlots;
  while (slots < count * 2) slots *= 2;
  mask = slots - 1;
  by_object = memory->Allocate<uint32_t>(slots);
  if (by_object == nullptr) return false;
  for (uint32_t i = 0; i < count; ++i) {
    Target& target = list[i];
    Object object;
    target.entry = kNoObject;
    target.hop = kNoHop;
    target.holder = kNoHolder;
    target.other = kNoHolder;
    target.object = objects.Find(target.block, &object) ? object.number : kNoObject;
    if (target.object == kNoObject) continue;
    if (target.block == object.start) extents->NoteSize(object.number, target.record.size);
    uint32_t at = HashOf(target.object) & mask;
    while (by_object[at] != 0) at = (at + 1) & mask;
    by_object[at] = i + 1;
  }
  return true;
}

}  // namespace pprof::profiles::holders
