// "May this page hold a sampled block?" One byte per 4 KiB page, so that free() of a block that was
// not sampled costs one load and a branch that is always predicted.
//
// Writers: the threads that sample and free sampled blocks. Readers: every free().
// Invariant: while a sampled block is in the live table, its page's byte is not 0. A byte that is
// not 0 without a sampled block only costs a look-up. Pages 4 GiB apart share a byte.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pprof::signal_safe {

class PageFilter {
 public:
  // Signal-safe. Relaxed: the free of a block happens after its malloc returned, so whoever frees
  // it sees the byte that Add() wrote before malloc returned it. In assembly: compilers load an
  // atomic before they compare it, which is one instruction of free more.
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
                                   << 20;  // 1 MiB of BSS, touched one line per 256 KiB heap
  static constexpr uint8_t kStuck = 255;   // too many to count: stays for ever

  static size_t IndexOf(const void* block) {
    return (reinterpret_cast<uintptr_t>(block) >> kPageBits) & (kPages - 1);
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
