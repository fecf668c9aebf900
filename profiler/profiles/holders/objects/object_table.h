// The allocator's objects: which one an address is in, with numbers from 0 on in address order.
//
// An object is a slot of a span of small blocks, or a large span as a whole. Slots that are free
// count, too: nothing tells them apart.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/profiles/holders/objects/request_memory.h"

namespace pprof::profiles::holders {

constexpr uint32_t kNoObject = UINT32_MAX;

struct Object {
  uint32_t number = kNoObject;
  uint64_t start = 0;
  uint64_t size = 0;
};

// A range that the allocator has handed out, or cut into slots of one size.
struct RawSpan {
  uint64_t start;
  uint64_t length;
  uint64_t slot;  // bytes of a slot; 0: one object
};

// Immutable once built. Thread safety: safe then. Not async-signal-safe.
class ObjectTable {
 public:
  // Sorts the spans in place, and leaves out those that overlap another. False: no memory for the
  // table, or more objects than it can number.
  bool Build(RawSpan* spans, size_t count, RequestMemory* memory);

  uint32_t size() const { return objects_; }
  uint64_t bytes() const { return bytes_; }  // of all objects

  // Whether an address is in [first object, last object).
  bool MayHold(uint64_t address) const { return address - lowest_ < highest_ - lowest_; }

  // False: the address is in no object.
  bool Find(uint64_t address, Object* object) const {
    if (!MayHold(address)) return false;
    const uint32_t number = SpanOf(address);
    if (number == 0) return false;
    const Span& span = spans_[number - 1];
    const uint64_t start = span.start();
    const uint32_t kind = span.size_class();
    if (kind == 0) {
      *object = {span.first, start, uint64_t{span.pages} << page_bits_};
      return true;
    }
    const uint64_t index = ((address - start) * reciprocals_[kind]) >> kReciprocalBits;
    const uint64_t size = sizes_[kind];
    *object = {span.first + static_cast<uint32_t>(index), start + index * size, size};
    return object->start + size <= start + (uint64_t{span.pages} << page_bits_);
  }

  // Finds objects by rising numbers.
  class Cursor {
   public:
    explicit Cursor(const ObjectTable& table) : table_(table) {}

    // REQUIRES: number < size(), and not below that of the call before.
    Object MoveTo(uint32_t number);
    // The number after the last object of the span.
    uint32_t EndOfSpan() const;

   private:
    const ObjectTable& table_;
    size_t span_ = 0;
  };

 private:
  struct Span {
    uint64_t start_and_class;  // start << 8 | index in sizes_; 0: one large object
    uint32_t first;            // number of its first object
    uint32_t pages;
    uint64_t start() const { return start_and_class >> 8; }
    uint32_t size_class() const { return start_and_class & (kClasses - 1); }
  };
  static constexpr size_t kClasses = 256;
  static constexpr int kReciprocalBits = 40;
  static constexpr int kLeafBits = 30;     // of the address: one leaf of the page table
  static constexpr int kAddressBits = 47;  // of user space

  uint32_t SpanOf(uint64_t address) const {
    const uint16_t leaf = leaf_of_[address >> kLeafBits];
    if (leaf == 0) return 0;
    const uint64_t in_leaf = (address & ((uint64_t{1} << kLeafBits) - 1)) >> page_bits_;
    return pages_[(uint64_t{leaf} - 1) * leaf_pages_ + in_leaf];
  }
  uint64_t SlotsOf(const Span& span) const;
  uint32_t ClassOf(uint64_t slot);
  bool MakePageTable(const RawSpan* spans, size_t count, RequestMemory* memory);
  bool Add(const RawSpan& raw, uint64_t* objects);

  Span* spans_ = nullptr;
  size_t span_count_ = 0;
  uint16_t* leaf_of_ = nullptr;  // by GiB of address: 1 + number of its leaf; 0: none
  uint32_t* pages_ = nullptr;    // by leaf and page: 1 + number of the span; 0: none
  uint64_t leaf_pages_ = 0;
  int page_bits_ = 0;
  uint32_t objects_ = 0;
  uint64_t bytes_ = 0;
  uint64_t lowest_ = 0;
  uint64_t highest_ = 0;
  size_t classes_ = 1;
  uint64_t sizes_[kClasses] = {};
  uint64_t reciprocals_[kClasses] = {};
};

}  // namespace pprof::profiles::holders
