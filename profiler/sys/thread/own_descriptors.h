// File descriptors that only the profiler has. A program may close all descriptors that it did not
// open, use up its limit, or fork at any moment; a thread with a descriptor table of its own is not
// affected: its numbers mean nothing to the program, and a forked child does not inherit them.
#pragma once

#include <functional>
#include <optional>
#include <utility>

namespace pprof::sys {

// Gives the calling thread a descriptor table of its own that contains nothing of the program but a
// copy of `keep`, unless that is negative. 0 to 2 are open, so that no message to stderr goes to a
// file of ours, and are of no use. Threads that this thread creates share the table. False: the
// kernel refused, or the program runs under ThreadSanitizer; nothing has changed.
// REQUIRES: the thread runs no code of the program, which would miss its descriptors.
// Thread safety: safe. Not async-signal-safe.
bool UnshareDescriptors(int keep = -1);

// Runs `body` where it shares no descriptors with the program: on a new profiler thread, while the
// caller waits. On the calling thread if that has a table of its own, or if no thread can be
// created. Errors: rethrows what `body` throws. 50 us. Thread safety: safe.
// Not async-signal-safe: creates a thread.
void RunWithOwnDescriptors(const std::function<void()>& body);

// The same for a `body` with a result.
template <typename Body>
auto WithOwnDescriptors(const Body& body) {
  std::optional<decltype(body())> result;
  RunWithOwnDescriptors([&] { result.emplace(body()); });
  return *std::move(result);
}

}  // namespace pprof::sys
