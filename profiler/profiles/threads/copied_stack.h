// A copy of another thread's stack, and the walk through it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "profiler/signal_safe/unwind/unwind.h"

namespace pprof::profiles {

// Thread safety: none. Not async-signal-safe: allocates.
class CopiedStack {
 public:
  // A buffer for a copy; the next call invalidates it.
  void* Room(size_t bytes) {
    copy_.resize(bytes / sizeof copy_[0]);
    return copy_.data();
  }

  // Unwinds the stack that begins at `sp`, of which `copied` bytes are in the buffer, leaf first.
  // True: the walk needs no more bytes.
  bool Unwind(uintptr_t pc, uintptr_t sp, size_t copied, std::vector<uintptr_t>* pcs,
              bool* truncated);

 private:
  signal_safe::UnwindResult Walk(const signal_safe::Registers& from, size_t copied,
                                 std::vector<uintptr_t>* pcs) const;
  bool UnwindWithGuessedRbp(const signal_safe::Registers& from, size_t copied,
                            std::vector<uintptr_t>* pcs, bool* truncated) const;

  std::vector<uintptr_t> copy_;
};

}  // namespace pprof::profiles
