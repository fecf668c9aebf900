// Marks moments of the program in the history that GET /debug/pprof/history answers: a purge, a
// new configuration, a deployment. They then stand beside the memory of that time.
//
//   pprof::Mark("purge");
#pragma once

#include <string_view>

namespace pprof {

// Adds a mark with the current time to the history of this process, which keeps the newest 256; a
// server need not run yet. `text` is copied: its first 79 bytes, in UTF-8, others replaced by
// U+FFFD; it is shown to whoever may read profiles. About 0.1 us.
// Errors: none; without memory for the history, 218 KiB at the first mark, nothing is kept. A
// forked child has a history of its own.
// Thread safety: safe. Not async-signal-safe: takes a lock, and the first call allocates.
void Mark(std::string_view text) noexcept;

}  // namespace pprof
