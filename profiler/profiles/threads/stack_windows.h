// Copies the stack of a waiting thread piece by piece, where a walk needs it: frames may be larger
// than the first piece, and code may change stacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "profiler/signal_safe/unwind/cfi/expression.h"

namespace pprof::profiles {

// Copies memory of this process; returns how many bytes could be copied, from the first on.
using CopyMemory = std::function<size_t(uintptr_t address, void* to, size_t bytes)>;

// Thread safety: none. Not async-signal-safe: allocates.
class StackWindows {
 public:
  static constexpr size_t kWindowBytes = size_t{16} << 10;  // holds nearly every blocked stack
  static constexpr size_t kMostWindows = 256;  // of one thread: 2 for each frame, 4 MiB

  // Forgets the thread before, and copies the top of another one's stack. False: it cannot be read.
  // `copy` must outlive the walks.
  bool Begin(uintptr_t sp, const CopyMemory& copy);

  // The first window, which begins at `sp`.
  const void* first() const { return windows_.front().bytes.data(); }
  size_t first_bytes() const { return windows_.front().size; }

  // Loads words of the stack, for a walk. One system call for the first word of a window. Fails
  // where memory is not readable, and where the limit is reached. Must not outlive this object.
  signal_safe::MemoryReader Reader();

  // Whether a word was refused because of the limit.
  bool is_exhausted() const { return is_exhausted_; }

 private:
  struct Window {
    uintptr_t begin = 0;
    size_t size = 0;  // less than a window at the end of a mapping
    std::vector<char> bytes;
  };

  bool Load(uintptr_t address, uintptr_t* value);
  const Window* Find(uintptr_t address) const;
  const Window* Read(uintptr_t address);
  const Window* ReadFrom(uintptr_t begin, uintptr_t address);

  const CopyMemory* copy_ = nullptr;
  std::vector<Window> windows_;  // the buffers stay allocated
  size_t used_ = 0;
  bool is_exhausted_ = false;
};

}  // namespace pprof::profiles
