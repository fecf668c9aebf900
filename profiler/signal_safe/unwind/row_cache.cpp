// The cache in front of ComputeRow. Writers and readers: any thread, in malloc and in handlers.
//
// A slot is two words written without ordering: the row, and address ^ generation ^ row. A reader
// that sees the words of two different writes gets a wrong address and computes the row itself (the
// checksum trick of lockless transposition tables, Hyatt 1999).
#include "profiler/signal_safe/unwind/row_cache.h"

#include <atomic>
#include <cstddef>

#include "profiler/signal_safe/unwind/row_of_address.h"

namespace pprof::signal_safe {
namespace {

// 32 Ki rows, 512 KiB: profiling clang needs about 30,000; 8 Ki missed twice per stack.
constexpr int kSlotBits = 15;

struct Slot {
  std::atomic<uint64_t> checked_address;
  std::atomic<uint64_t> row;
};

Slot slots[size_t{1} << kSlotBits];
std::atomic<uint64_t> generation;
std::atomic<uint64_t> misses;

}  // namespace

uint64_t FindPackedRow(uintptr_t address, uintptr_t pc) {
  Slot& slot = slots[(address * 0x9E3779B97F4A7C15) >> (64 - kSlotBits)];
  // Addresses have 47 bits; the generation is above them.
  const uint64_t name = address ^ generation.load(std::memory_order_relaxed) << 48;
  const uint64_t cached = slot.row.load(std::memory_order_relaxed);
  const uint64_t checked = slot.checked_address.load(std::memory_order_relaxed);
  if (__builtin_expect(cached != 0 && (checked ^ cached) == name, 1)) {
    if (__builtin_expect(RuleOf(cached) != CfaRule::kNoModule, 1)) return cached;
    if (!IsInModule(address)) return cached;  // none was loaded there meanwhile
  }
  misses.fetch_add(1, std::memory_order_relaxed);
  const uint64_t packed = Pack(RowOfAddress(address, pc));
  slot.row.store(packed, std::memory_order_relaxed);
  slot.checked_address.store(name ^ packed, std::memory_order_relaxed);
  return packed;
}

void ForgetRows() { generation.fetch_add(1, std::memory_order_relaxed); }

uint64_t row_cache_misses() { return misses.load(std::memory_order_relaxed); }

}  // namespace pprof::signal_safe
