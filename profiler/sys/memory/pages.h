// Zeroed pages straight from the kernel, for code that may not call malloc.
#pragma once

#include <cstddef>

namespace pprof::sys {

// At least `bytes` zeroed bytes, page aligned, touched lazily; nullptr when the kernel refuses.
// Signal-safe. Thread safety: safe. Ownership: the caller's, until UnmapPages with the same size.
void* MapPages(size_t bytes);

void UnmapPages(void* pages, size_t bytes);

}  // namespace pprof::sys
