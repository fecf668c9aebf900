// Tells return addresses from other words of a stack.
#pragma once

#include <cstdint>

namespace pprof::signal_safe {

// Whether a call instruction ends at `address`. One system call. Async-signal-safe.
bool FollowsCall(uintptr_t address);

}  // namespace pprof::signal_safe
