// What the allocator says: on stderr, and about itself in mallinfo2 and its like.
#pragma once

namespace pprof::interpose {

// tcmalloc writes a line for every request that it cannot serve, glibc's malloc none: the program
// learns it from the null pointer. Drops these lines; others, on a heap that is corrupt, remain.
// Called once, at the first malloc.
void DropLinesOnFailedRequests() noexcept;

}  // namespace pprof::interpose
