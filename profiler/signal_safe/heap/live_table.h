// Maps a sampled address to stack, size, weight and time: the sampled blocks still allocated.
//
// Writers: any thread, inside malloc and free. Readers: the server's thread (min_age). Lock-free
// open addressing without tombstones: a hash selects a bucket of eight slots whose keys fill one
// cache line; a full bucket overflows into the next, four times larger table. Tables are never
// removed: 4 Ki, 16 Ki .. 1 Mi slots, at most 1.4 million live samples in 44 MiB.
//
// Invariants:
//  1. A key is in at most one slot: a block is inserted before malloc returns it and removed before
//     the allocator can reuse its address.
//  2. The thread that claimed a slot writes its record between the claim and the release of the
//     key; after that the record is immutable until removed.
//  3. The upper 16 bits of a key count the uses of its slot, so that a reader detects that the
//  record
//     it copied was replaced meanwhile.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pprof::signal_safe {

struct HeapStack;

struct LiveRecord {
  HeapStack* stack;
  uint64_t size;             // bytes requested
  double weight;             // objects this sample represents
  uint64_t allocated_at_ms;  // sys::CoarseMonotonicMillis
};

// Thread safety: safe. Async-signal-safe.
class LiveTable {
 public:
  // Adds a block. False: full. REQUIRES: block != nullptr, not in the table.
  bool Insert(const void* block, const LiveRecord& record);

  // Removes a block. False: not in the table.
  bool Remove(const void* block, LiveRecord* record);

  // Removes the blocks from `begin` to before `end`, and calls visit(block, record) for each. Looks
  // through the whole table. Async-signal-safe if `visit` is.
  template <class Visit>
  void RemoveRange(uintptr_t begin, uintptr_t end, Visit&& visit) {
    LiveRecord record;
    for (Cursor at; Next(&at, &record);) {
      if (at.block < begin || at.block >= end) continue;
      const void* block = reinterpret_cast<const void*>(at.block);
      if (Remove(block, &record)) visit(block, static_cast<const LiveRecord&>(record));
    }
  }

  // Calls visit(record) for every block that is in the table during the whole call, and possibly
  // for blocks added or removed meanwhile. Async-signal-safe if `visit` is.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    ForEachBlock([&](uintptr_t, const LiveRecord& record) { visit(record); });
  }
  // The same as visit(address of the block, record).
  template <class Visit>
  void ForEachBlock(Visit&& visit) const {
    LiveRecord record;
    for (Cursor at; Next(&at, &record);) visit(at.block, static_cast<const LiveRecord&>(record));
  }

  // Bytes mapped for tables so far.
  size_t mapped_bytes() const;

 private:
  struct Table;
  static constexpr int kTables = 5;

  struct Cursor {
    int level = 0;
    size_t slot = 0;
    uintptr_t block = 0;  // of the record that Next returned
  };

  Table* GetOrAdd(int level);
  // The next record at or after the cursor; false at the end.
  bool Next(Cursor* at, LiveRecord* record) const;

  std::atomic<Table*> tables_[kTables];
};

}  // namespace pprof::signal_safe
