// Sampled address -> stack, size, weight, time: the sampled blocks that are still allocated.
//
// Writers: any thread, inside malloc and free. Readers: the server's thread (min_age).
// Open hashing without locks and without tombstones: a hash names a bucket of eight slots, the keys
// of which fill one cache line; a full bucket spills into the next, four times larger table. Tables
// are added, never removed: 4 Ki, 16 Ki .. 1 Mi slots, at most 1.4 million live samples in 44 MiB.
//
// Invariants:
//  1. A key is in at most one slot: a block is inserted before malloc returns it and removed before
//     the allocator can hand its address out again.
//  2. A slot's record is written by the thread that claimed it, between the claim and the release
//     of the key; after that it is immutable until removed.
//  3. The upper 16 bits of a key count the uses of its slot, so that a reader notices that the
//     record it copied was exchanged meanwhile.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pprof::signal_safe {

struct HeapStack;

struct LiveRecord {
  HeapStack* stack;
  uint64_t size;             // bytes asked for
  double weight;             // objects this sample stands for
  uint64_t allocated_at_ms;  // sys::CoarseMonotonicMillis
};

class LiveTable {
 public:
  // Remembers a block. False: full, nothing kept. Signal-safe. REQUIRES: block != nullptr, not in.
  bool Insert(const void* block, const LiveRecord& record);

  // Takes a block out. False: it was not in. Signal-safe.
  bool Remove(const void* block, LiveRecord* record);

  // Calls visit(record) for every block that is in during the whole call; blocks that come or go
  // meanwhile may be in or not. Takes no lock, allocates nothing, waits for nobody.
  template <class Visit>
  void ForEach(Visit&& visit) const {
    LiveRecord record;
    for (Cursor at; Next(&at, &record);) visit(static_cast<const LiveRecord&>(record));
  }

  // Bytes of tables mapped so far.
  size_t mapped_bytes() const;

 private:
  struct Table;
  static constexpr int kTables = 5;

  struct Cursor {
    int level = 0;
    size_t slot = 0;
  };

  Table* GetOrAdd(int level);
  // The next record from the cursor on; false at the end.
  bool Next(Cursor* at, LiveRecord* record) const;

  std::atomic<Table*> tables_[kTables];
};

}  // namespace pprof::signal_safe
