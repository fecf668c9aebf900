// Reads the stack of a waiting thread piece by piece, where a walk needs it: frames may be larger
// than the first copy, and code may change stacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/signal_safe/unwind/cfi/expression.h"

namespace pprof::profiles {

// Thread safety: none. Not async-signal-safe: allocates.
class StackWindows {
 public:
  static constexpr size_t kWindowBytes = size_t{16} << 10;
  static constexpr size_t kMostWindows = 64;  // of one thread: 1 MiB

  // Forgets what was read of another thread.
  void Clear();

  // A word of the stack. One system call for the first word of a window. False: not readable, or
  // the limit is reached.
  bool Load(uintptr_t address, uintptr_t* value);

  // Load for a stack walk, which must not outlive this object.
  signal_safe::MemoryReader Reader();

  // Whether a word was refused because of the limit.
  bool is_exhausted() const { return is_exhausted_; }

 private:
  struct Window {
    uintptr_t begin;
    size_t size;  // less than asked for at the end of a mapping
    std::vector<char> bytes;
  };

  const Window* Find(uintptr_t address) const;
  const Window* Read(uintptr_t address);

  std::vector<Window> windows_;  // the buffers stay allocated
  size_t used_ = 0;
  bool is_exhausted_ = false;
};

}  // namespace pprof::profiles
