#include "profiler/profiles/holders/objects/object_table.h"

#include <algorithm>

namespace pprof::profiles::holders {
namespace {

constexpr int kLeastPageBits = 12;
constexpr int kMostPageBits = 16;

// The largest page whose multiples all spans begin and end at.
int PageBitsOf(const RawSpan* spans, size_t count) {
  uint64_t bits = uint64_t{1} << kMostPageBits;
  for (size_t i = 0; i < count; ++i) bits |= spans[i].start | spans[i].length;
  return std::max(__builtin_ctzll(bits), kLeastPageBits);
}

// Whether the slots can be counted with a reciprocal of 40 bits; those of tcmalloc can.
bool IsSlotted(const RawSpan& span) {
  constexpr uint64_t kLongest = uint64_t{4} << 20;
  constexpr uint64_t kLargest = uint64_t{256} << 10;
  return span.slot != 0 && span.slot % 8 == 0 && span.slot <= kLargest && span.length <= kLongest;
}

// Sorts, and leaves out what no allocator says: empty, overlapping or misaligned spans.
size_t Tidy(RawSpan* spans, size_t count, int address_bits) {
  std::sort(spans, spans + count,
            [](const RawSpan& a, const RawSpan& b) { return a.start < b.start; });
  size_t kept = 0;
  uint64_t end = 0;
  for (size_t i = 0; i < count; ++i) {
    const RawSpan& span = spans[i];
    const uint64_t page_rest = (span.start | span.length) & ((1U << kLeastPageBits) - 1);
    const uint64_t limit = uint64_t{1} << address_bits;
    if (span.length == 0 || page_rest != 0 || span.start < end) continue;
    if (span.start >= limit || span.length > limit - span.start) continue;
    end = span.start + span.length;
    spans[kept] = span;
    if (!IsSlotted(span)) spans[kept].slot = 0;
    ++kept;
  }
  return kept;
}

}  // namespace

bool ObjectTable::Build(RawSpan* spans, size_t count, RequestMemory* memory) {
  count = Tidy(spans, count, kAddressBits);
  spans_ = memory->Allocate<Span>(count + 1);
  if (spans_ == nullptr || !MakePageTable(spans, count, memory)) return false;
  uint64_t objects = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!Add(spans[i], &objects)) return false;
  }
  objects_ = static_cast<uint32_t>(objects);
  if (count == 0) return true;
  lowest_ = spans[0].start;
  highest_ = spans[count - 1].start + spans[count - 1].length;
  return true;
}

bool ObjectTable::MakePageTable(const RawSpan* spans, size_t count, RequestMemory* memory) {
  page_bits_ = PageBitsOf(spans, count);
  leaf_pages_ = uint64_t{1} << (kLeafBits - page_bits_);
  leaf_of_ = memory->Allocate<uint16_t>(size_t{1} << (kAddressBits - kLeafBits));
  if (leaf_of_ == nullptr) return false;
  size_t leaves = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t last = (spans[i].start + spans[i].length - 1) >> kLeafBits;
    for (uint64_t leaf = spans[i].start >> kLeafBits; leaf <= last; ++leaf) {
      if (leaf_of_[leaf] != 0) continue;
      if (leaves == UINT16_MAX) return false;
      leaf_of_[leaf] = static_cast<uint16_t>(++leaves);
    }
  }
  pages_ = memory->Allocate<uint32_t>(leaves * leaf_pages_);
  return pages_ != nullptr;
}

bool ObjectTable::Add(const RawSpan& raw, uint64_t* objects) {
  Span& span = spans_[span_count_++];
  span.start_and_class = raw.start << 8 | ClassOf(raw.slot);
  span.first = static_cast<uint32_t>(*objects);
  span.pages = static_cast<uint32_t>(raw.length >> page_bits_);
  *objects += SlotsOf(span);
  bytes_ += raw.length;
  for (uint64_t at = raw.start; at < raw.start + raw.length; at += uint64_t{1} << page_bits_) {
    const uint64_t in_leaf = (at & ((uint64_t{1} << kLeafBits) - 1)) >> page_bits_;
    const uint64_t leaf = uint64_t{leaf_of_[at >> kLeafBits]} - 1;
    pages_[leaf * leaf_pages_ + in_leaf] = static_cast<uint32_t>(span_count_);
  }
  return *objects < kNoObject;
}

// 0, one object, also for a size that is one too many.
uint32_t ObjectTable::ClassOf(uint64_t slot) {
  if (slot == 0) return 0;
  const auto* known = std::find(sizes_ + 1, sizes_ + classes_, slot);
  if (known != sizes_ + classes_) return static_cast<uint32_t>(known - sizes_);
  if (classes_ == kClasses) return 0;
  sizes_[classes_] = slot;
  reciprocals_[classes_] = ((uint64_t{1} << kReciprocalBits) + slot - 1) / slot;
  return static_cast<uint32_t>(classes_++);
}

uint64_t ObjectTable::SlotsOf(const Span& span) const {
  const uint32_t kind = span.size_class();
  return kind == 0 ? 1 : (uint64_t{span.pages} << page_bits_) / sizes_[kind];
}

Object ObjectTable::Cursor::MoveTo(uint32_t number) {
  while (span_ + 1 < table_.span_count_ && table_.spans_[span_ + 1].first <= number) ++span_;
  const Span& span = table_.spans_[span_];
  const uint32_t kind = span.size_class();
  const uint64_t size = kind == 0 ? uint64_t{span.pages} << table_.page_bits_ : table_.sizes_[kind];
  return {number, span.start() + (number - span.first) * size, size};
}

uint32_t ObjectTable::Cursor::EndOfSpan() const {
  const Span& span = table_.spans_[span_];
  return span.first + static_cast<uint32_t>(table_.SlotsOf(span));
}

}  // namespace pprof::profiles::holders
