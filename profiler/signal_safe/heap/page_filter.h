// Tells whether a page may hold a sampled block. One byte per 4 KiB page, so that free() of an
// unsampled block costs one load and an always predicted branch.
//
// Writers: the threads that sample and free sampled blocks. Readers: every free(). Invariant: while
// a sampled block is in the live table, its page's byte is not 0. A nonzero byte without a sampled
// block only costs a look-up. Pages 4 GiB apart share a byte.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pprof::signal_safe {

// Thread safety: safe. Async-signal-safe.
class PageFilter {
 public:
  // Relaxed: free() of a block happens after its malloc returned, so the freeing thread sees the
  // byte that Add() wrote before that. Assembly, because compilers load an atomic before comparing
  // it: one more instruction in free.
  __attribute__((always_inline)) bool MayHoldSample(const void* block) const {
    bool holds;
    __asm__ volatile("cmpb $0, %[count]" : "=@ccne"(holds) : [count] "m"(counts_[IndexOf(block)]));
    return __builtin_expect(holds, 0);
  }

  void Add(const void* block) { Step(block, +1); }
  void Remove(const void* block) { Step(block, -1); }

 private:
  static constexpr size_t kPageBits = 12;
  static constexpr size_t kPages = size_t{1}
                                   << 20;  // 1 MiB of BSS; touches a line per 256 KiB heap
  static constexpr uint8_t kStuck = 255;   // saturated: never changes again

  // Half of the address first: one instruction in place of two, a shift and a mask.
  static size_t IndexOf(const void* block) {
    static_assert(kPages << kPageBits == uint64_t{1} << 32, "all of the lower half");
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(block)) >> kPageBits;
  }

  void Step(const void* block, int by) {
    std::atomic<uint8_t>& count = counts_[IndexOf(block)];
    uint8_t value = count.load(std::memory_order_relaxed);
    while (value != kStuck && !count.compare_exchange_weak(value, static_cast<uint8_t>(value + by),
                                                           std::memory_order_relaxed)) {
    }
  }

  std::atomic<uint8_t> counts_[kPages];
};

}  // namespace pprof::signal_safe
