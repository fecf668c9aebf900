#include "profiler/signal_safe/heap/live_table.h"

#include <cstring>
#include <type_traits>

#include "profiler/sys/memory/pages.h"

namespace pprof::signal_safe {
namespace {

constexpr size_t kSlotsPerBucket = 8;  // 8 keys of 8 bytes: one cache line
constexpr uint64_t kAddressMask = (uint64_t{1} << 48) - 1;
// Lowest bit: slot claimed, record not written yet. Blocks are 8-aligned.
constexpr uint64_t kClaimed = 1;

size_t BucketsOf(int level) { return size_t{512} << (2 * level); }

// Fibonacci hashing of the address in units of 8 bytes.
size_t HashOf(uint64_t address) { return (address >> 3) * 0x9E3779B97F4A7C15 >> 20; }

// A record as atomic words: ForEach may copy it while its slot is reused.
class RecordSlot {
 public:
  void Store(const LiveRecord& record) {
    uint64_t words[kWords];
    std::memcpy(words, &record, sizeof words);
    for (size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_relaxed);
  }
  LiveRecord Load() const {
    uint64_t words[kWords];
    for (size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
    LiveRecord record;
    std::memcpy(&record, words, sizeof words);
    return record;
  }

 private:
  static constexpr size_t kWords = sizeof(LiveRecord) / sizeof(uint64_t);
  static_assert(sizeof(LiveRecord) % sizeof(uint64_t) == 0);
  static_assert(std::is_trivially_copyable_v<LiveRecord>);

  std::atomic<uint64_t> words_[kWords];
};

}  // namespace

struct LiveTable::Table {
  size_t buckets;
  std::atomic<uint64_t>* keys;  // kSlotsPerBucket per bucket
  RecordSlot* records;          // one per key

  static size_t BytesFor(size_t buckets) {
    return kSlotsPerBucket * buckets * (sizeof(uint64_t) + sizeof(RecordSlot)) + 64;
  }

  size_t FirstSlot(uint64_t address) const {
    return (HashOf(address) & (buckets - 1)) * kSlotsPerBucket;
  }
};

LiveTable::Table* LiveTable::GetOrAdd(int level) {
  Table* table = tables_[level].load(std::memory_order_acquire);
  if (table != nullptr) return table;
  const size_t buckets = BucketsOf(level);
  auto* pages = static_cast<char*>(sys::MapPages(Table::BytesFor(buckets)));
  if (pages == nullptr) return nullptr;
  auto* added = reinterpret_cast<Table*>(pages);
  added->buckets = buckets;
  added->keys = reinterpret_cast<std::atomic<uint64_t>*>(pages + 64);
  added->records =
      reinterpret_cast<RecordSlot*>(pages + 64 + buckets * kSlotsPerBucket * sizeof(uint64_t));
  // Pairs with the acquire above and in Remove: a thread that sees the table sees its fields.
  if (tables_[level].compare_exchange_strong(table, added, std::memory_order_acq_rel)) return added;
  sys::UnmapPages(pages, Table::BytesFor(buckets));  // another thread was first
  return table;
}

bool LiveTable::Insert(const void* block, const LiveRecord& record) {
  const auto address = reinterpret_cast<uint64_t>(block);
  for (int level = 0; level < kTables; ++level) {
    Table* table = GetOrAdd(level);
    if (table == nullptr) return false;
    const size_t first = table->FirstSlot(address);
    for (size_t slot = first; slot < first + kSlotsPerBucket; ++slot) {
      uint64_t key = table->keys[slot].load(std::memory_order_relaxed);
      if ((key & kAddressMask) != 0) continue;
      const uint64_t uses = (key | kAddressMask) + 1;  // increments the counter above the address
      if (!table->keys[slot].compare_exchange_strong(key, uses | kClaimed,
                                                     std::memory_order_acquire)) {
        continue;  // another thread claimed it
      }
      std::atomic_thread_fence(std::memory_order_release);  // the claim before the record
      table->records[slot].Store(record);
      table->keys[slot].store(uses | address, std::memory_order_release);  // pairs with ForEach
      return true;
    }
  }
  return false;
}

bool LiveTable::Remove(const void* block, LiveRecord* record) {
  const auto address = reinterpret_cast<uint64_t>(block);
  if (address == 0) return false;  // an empty slot has address 0 too
  for (const std::atomic<Table*>& level : tables_) {
    Table* table = level.load(std::memory_order_acquire);
    if (table == nullptr) return false;  // tables are added in order
    const size_t first = table->FirstSlot(address);
    for (size_t slot = first; slot < first + kSlotsPerBucket; ++slot) {
      const uint64_t key = table->keys[slot].load(std::memory_order_acquire);
      if ((key & kAddressMask) != address) continue;
      *record = table->records[slot].Load();
      table->keys[slot].store(key & ~kAddressMask, std::memory_order_release);
      return true;
    }
  }
  return false;
}

bool LiveTable::Next(Cursor* at, LiveRecord* record) const {
  for (; at->level < kTables; ++at->level, at->slot = 0) {
    const Table* table = tables_[at->level].load(std::memory_order_acquire);
    if (table == nullptr) return false;
    while (at->slot < table->buckets * kSlotsPerBucket) {
      const size_t slot = at->slot++;
      const uint64_t key = table->keys[slot].load(std::memory_order_acquire);
      if ((key & kAddressMask) == 0 || (key & kClaimed) != 0) continue;
      *record = table->records[slot].Load();  // may be torn; the second load of the key detects it
      std::atomic_thread_fence(std::memory_order_acquire);
      at->block = key & kAddressMask;
      if (table->keys[slot].load(std::memory_order_relaxed) == key) return true;
    }
  }
  return false;
}

size_t LiveTable::mapped_bytes() const {
  size_t bytes = 0;
  for (const auto& entry : tables_) {
    const Table* table = entry.load(std::memory_order_acquire);
    if (table != nullptr) bytes += Table::BytesFor(table->buckets);
  }
  return bytes;
}

}  // namespace pprof::signal_safe
