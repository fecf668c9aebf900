// Reads instructions of this process through a small window, without ever faulting.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/code/instruction.h"

namespace pprof::signal_safe {

// Async-signal-safe.
class CodeReader {
 public:
  // False: not readable, or no instruction.
  bool At(uintptr_t address, Instruction* instruction);
  // Copies `size` bytes, at most those of one instruction.
  bool Bytes(uintptr_t address, uint8_t* out, size_t size);

 private:
  static constexpr size_t kWindow = 128;

  bool Fill(uintptr_t address);

  uintptr_t begin_ = 0;
  size_t size_ = 0;
  uint8_t window_[kWindow];
};

}  // namespace pprof::signal_safe
