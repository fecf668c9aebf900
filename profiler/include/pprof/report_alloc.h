// For pools, arenas and other allocators of the program: without reports the memory of a pool
// belongs in "heap" to the code that made the pool grow. With them it belongs to the code that took
// the bytes, and only the rest of the pool's blocks to the former.
//
//   void* block = pool.allocate(bytes);
//   pprof::ReportAlloc(block, bytes);
//   ...
//   pprof::ReportFree(block);
//   pool.deallocate(block, bytes);
#pragma once

#include <cstddef>

namespace pprof {

// Reports that an allocator hands out `size` bytes at `block`; nothing for a null pointer. Sampled
// like malloc, at the same interval: about 2 ns, and a microsecond when the block is sampled. The
// stack is that of the caller of this function.
// Thread safety: safe. Async-signal-safe.
void ReportAlloc(const void* block, size_t size);

// Reports that the block is given back, before the allocator can hand it out again; nothing for a
// block that was not reported. About 1 ns. Thread safety: safe. Async-signal-safe.
void ReportFree(const void* block);

// Reports that everything in `bytes` bytes from `begin` on is given back at once, as when an arena
// ends. Looks through all sampled blocks: about 10 us. Thread safety: safe. Async-signal-safe.
void ReportFreeRange(const void* begin, size_t bytes);

}  // namespace pprof
