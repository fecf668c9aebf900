#include "profiler/signal_safe/tables/sample_ring.h"

#include <cstring>

#include "profiler/sys/memory/pages.h"

namespace pprof::signal_safe {

SampleRing sample_ring;

bool SampleRing::Prepare() {
  if (records_.load(std::memory_order_relaxed) != nullptr) return true;
  void* pages = sys::MapPages(kRecords * sizeof(Record));
  if (pages == nullptr) return false;
  std::memset(pages, 0xFF, kRecords * sizeof(Record));  // touches every page
  auto* records = static_cast<Record*>(pages);
  for (size_t i = 0; i < kRecords; ++i) records[i].turn.store(i, std::memory_order_relaxed);
  records_.store(records, std::memory_order_release);  // pairs with the acquire in Claim
  return true;
}

RingSample* SampleRing::Claim(uint32_t weight) {
  constexpr int kTries = 16;  // after 16 lost races dropping the sample beats a long handler
  Record* records = records_.load(std::memory_order_acquire);
  uint64_t at = head_.load(std::memory_order_relaxed);
  for (int i = 0; records != nullptr && i < kTries; ++i) {
    Record& record = records[at % kRecords];
    const uint64_t turn = record.turn.load(std::memory_order_acquire);  // pairs with PopFront
    if (turn == at) {
      if (head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) return &record.sample;
    } else if (turn < at) {
      break;  // full: the reader has not drained it yet
    } else {
      at = head_.load(std::memory_order_relaxed);
    }
  }
  lost_.fetch_add(weight, std::memory_order_relaxed);
  return nullptr;
}

void SampleRing::Publish(RingSample* sample) {
  auto* record = reinterpret_cast<Record*>(reinterpret_cast<char*>(sample) - sizeof(uint64_t));
  static_assert(offsetof(Record, sample) == sizeof(uint64_t), "Publish finds the record by this");
  // Only the owner writes `turn` now. Pairs with the acquire in Front.
  record->turn.store(record->turn.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

const RingSample* SampleRing::Front() const {
  Record* records = records_.load(std::memory_order_acquire);
  if (records == nullptr) return nullptr;
  Record& record = records[tail_ % kRecords];
  return record.turn.load(std::memory_order_acquire) == tail_ + 1 ? &record.sample : nullptr;
}

void SampleRing::PopFront() {
  Record& record = records_.load(std::memory_order_relaxed)[tail_ % kRecords];
  record.turn.store(tail_ + kRecords, std::memory_order_release);  // pairs with Claim
  ++tail_;
}

void SampleRing::OnForkChild() {
  Record* records = records_.load(std::memory_order_relaxed);
  records_.store(nullptr, std::memory_order_relaxed);
  head_.store(0, std::memory_order_relaxed);
  tail_ = 0;
  if (records != nullptr) sys::UnmapPages(records, kRecords * sizeof(Record));
}

}  // namespace pprof::signal_safe
