#include "profiler/profiles/holders/search/ways.h"

#include <cstring>

namespace pprof::profiles::holders {

bool Ways::Init(uint32_t most, RequestMemory* memory) {
  constexpr uint32_t kLeastSlots = 1024;
  uint32_t slots = kLeastSlots;
  while (slots < most * 2) slots *= 2;
  mask_ = slots - 1;
  most_ = most;
  hops_ = memory->Allocate<Hop>(most);
  by_object_ = memory->Allocate<uint32_t>(slots);
  return hops_ != nullptr && by_object_ != nullptr;
}

void Ways::Clear() {
  count_ = 0;
  std::memset(by_object_, 0, (size_t{mask_} + 1) * sizeof *by_object_);
}

uint32_t Ways::SlotOf(uint32_t object) const {
  uint32_t at = Targets::HashOf(object) & mask_;
  while (by_object_[at] != 0 && hops_[by_object_[at] - 1].object != object) at = (at + 1) & mask_;
  return at;
}

bool Ways::Add(const Hop& hop) {
  if (IsFull()) return false;
  const uint32_t slot = SlotOf(hop.object);
  hops_[count_++] = hop;
  by_object_[slot] = count_;
  return true;
}

uint32_t Ways::Find(uint32_t object) const {
  const uint32_t found = by_object_[SlotOf(object)];
  return found == 0 ? kNoHop : found - 1;
}

void Ways::Link() {
  for (uint32_t i = 0; i < count_; ++i) {
    hops_[i].up = hops_[i].holder == kNoObject ? kNoHop : Find(hops_[i].holder);
  }
}

// Levels fall from step to step, so a way is no longer than there are levels.
uint64_t Ways::RootOf(uint32_t hop) const {
  uint64_t root = 0;
  for (uint32_t steps = 0; hop != kNoHop && steps < kHighestLevel; ++steps) {
    root = hops_[hop].root;
    hop = hops_[hop].up;
  }
  return root;
}

}  // namespace pprof::profiles::holders
