// The calling thread's memory as stack walks read it: directly where that is known to be safe, and
// elsewhere by the kernel, which returns an error instead of faulting.
#pragma once

#include <cstddef>
#include <cstdint>

#include "profiler/sys/thread/own_stack.h"

namespace pprof::signal_safe {

// Small enough to be returned in registers.
struct LoadedWord {
  uintptr_t value;
  bool ok;
};

// Async-signal-safe.
class ThreadMemory {
 public:
  // For a walk from `sp`.
  ThreadMemory(const sys::StackBounds& bounds, uintptr_t sp);

  // AddressSanitizer would abort here: the bytes between a frame's variables are no C++ objects.
  __attribute__((no_sanitize("address"))) LoadedWord Load(uintptr_t address) {
    if (__builtin_expect(address - low_ >= size_, 0)) return LoadElsewhere(address);
    return {*reinterpret_cast<const Word*>(address), true};
  }

 private:
  using Word __attribute__((may_alias, aligned(1))) = uintptr_t;
  static constexpr size_t kWindow = 512;  // in one system call of 0.5 us

  LoadedWord LoadElsewhere(uintptr_t address);
  void ReadWindow(uintptr_t begin);
  bool WindowHolds(uintptr_t address) const {
    const uintptr_t offset = address - window_begin_;
    return offset < window_size_ && window_size_ - offset >= sizeof address;
  }

  uintptr_t low_;
  uintptr_t size_ = 0;  // of the addresses, from `low_` on, at which a word can be read directly
  uintptr_t window_begin_ = 0;
  size_t window_size_ = 0;
  char window_[kWindow];  // not initialized
};

}  // namespace pprof::signal_safe
