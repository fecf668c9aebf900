#include "profiler/profiles/holders/search/extents.h"

namespace pprof::profiles::holders {
namespace {

constexpr uint64_t kWord = sizeof(uint64_t);
constexpr uint32_t kMostWords = (uint32_t{1} << 31) - 1;

}  // namespace

bool Extents::Init(uint32_t objects, uint32_t targets, RequestMemory* memory) {
  constexpr uint32_t kObjectsEach = 64;
  constexpr uint32_t kLeast = 1024;
  constexpr uint32_t kMost = uint32_t{1} << 22;
  uint32_t slots = kLeast;
  while (slots < kMost && slots < objects / kObjectsEach + targets * 2) slots *= 2;
  mask_ = slots - 1;
  left_ = slots / 4 * 3;
  bits_ = memory->Allocate<uint64_t>(objects / kBits + 1);
  entries_ = memory->Allocate<Entry>(slots);
  return bits_ != nullptr && entries_ != nullptr;
}

Extents::Entry* Extents::SlotOf(uint32_t object) const {
  uint32_t at = (object * 0x9E3779B1U ^ object >> 15) & mask_;
  while (entries_[at].object_plus_one != 0 && entries_[at].object_plus_one != object + 1) {
    at = (at + 1) & mask_;
  }
  return &entries_[at];
}

void Extents::Note(uint32_t object, uint64_t bytes, bool by_vector) {
  const uint64_t words = std::min<uint64_t>((bytes + kWord - 1) / kWord, kMostWords);
  Entry* entry = SlotOf(object);
  if (entry->object_plus_one == 0) {
    if (left_ == 0) return;
    --left_;
    *entry = {object + 1, 0, 0};
    bits_[object / kBits] |= uint64_t{1} << (object % kBits);
  }
  const bool tells_more = by_vector && entry->by_vector == 0;
  if (tells_more || words > entry->words) entry->words = static_cast<uint32_t>(words) & kMostWords;
  entry->by_vector |= by_vector ? 1 : 0;
}

uint64_t Extents::Find(uint32_t object) const { return SlotOf(object)->words * kWord; }

}  // namespace pprof::profiles::holders
