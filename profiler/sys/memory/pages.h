// Zeroed pages from the kernel, for code that must not call malloc.
#pragma once

#include <cstddef>

namespace pprof::sys {

// At least `bytes` zeroed bytes, page-aligned, touched lazily also after mlockall(MCL_FUTURE);
// nullptr when the kernel refuses.
// Ownership: the caller's, until UnmapPages with the same size. Thread safety: safe.
// Async-signal-safe.
void* MapPages(size_t bytes);
// Async-signal-safe.

void UnmapPages(void* pages, size_t bytes);

}  // namespace pprof::sys
