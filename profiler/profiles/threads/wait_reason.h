// Describes what a thread is doing, from its system call and arguments and the C library functions
// on its stack.
#pragma once

#include <cstdint>
#include <string>

#include "profiler/profiles/threads/thread_dump.h"

namespace pprof::profiles {

struct WaitReason {
  std::string state;   // Go's term if there is one: "IO wait", "sleep", "sync.Mutex.Lock"
  std::string detail;  // e.g. "fd 7 socket 31", "lock 0x5f held by 12"; may be empty; no brackets
  int32_t waits_for_tid = 0;  // owner of the lock, or thread to join; 0: unknown
};

// Thread safety: safe. Not async-signal-safe: looks up functions once, reads /proc/self/fd.
WaitReason ReasonOf(const ThreadView& thread);

}  // namespace pprof::profiles
