// What a thread does, in words: from its system call, its arguments, and the C library's functions
// on its stack.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiler/profiles/threads/thread_dump.h"

namespace pprof::profiles {

struct WaitReason {
  std::string state;  // Go's words where Go has one: "IO wait", "sleep", "sync.Mutex.Lock"
  std::string
      detail;  // e.g. "fd 7 socket 31", "lock 0x5f held by 12"; may be empty; has no brackets
  int32_t waits_for_tid = 0;  // the owner of the lock, or the thread to join; 0: unknown
};

// Thread safety: safe. Not signal-safe: looks functions up once, reads /proc/self/fd.
WaitReason ReasonOf(const ThreadView& thread);

// The threads of each cycle of waiting for one another, in order: A waits for B waits for A.
std::vector<std::vector<int32_t>> FindDeadlocks(const std::vector<ThreadView>& threads,
                                                const std::vector<WaitReason>& reasons);

}  // namespace pprof::profiles
