// Defines malloc and its like: counts down, forwards to the real allocator, reports to on_alloc.h.
//
// An unsampled malloc is `lea; sub; jb; jmp`; an unsampled free is a load from the page filter and
// a jump. No statistics on these paths: a single shared counter would be measurable. tcmalloc's
// malloc(8) is only 8-aligned, so explicit alignments always go to memalign and its variants.
//
// Empty under sanitizers, which bring their own allocator: with this one in front ASan would
// silently miss errors and TSan would crash at start.
#include "profiler/signal_safe/hooks/on_alloc.h"

#if !PPROF_CPP_SANITIZER_OWNS_MALLOC

#include <cerrno>

#include "profiler/interpose/allocation/allocate.h"
#include "profiler/interpose/allocation/real_allocator.h"

namespace pprof::interpose {
namespace {

PPROF_SLOW void* SlowMalloc(size_t size, void* caller) {
  return AllocateSlowly(size, caller, &RealAllocator::malloc, size);
}
PPROF_SLOW void* SlowCalloc(size_t count, size_t size, size_t bytes, void* caller) {
  // NOLINTNEXTLINE(readability-suspicious-call-argument)
  return AllocateSlowly(bytes, caller, &RealAllocator::calloc, count, size);
}
PPROF_SLOW void* SlowMemalign(size_t alignment, size_t size, void* caller) {
  return AllocateSlowly(size, caller, &RealAllocator::memalign, alignment, size);
}
PPROF_SLOW void* SlowValloc(size_t size, void* caller) {
  return AllocateSlowly(size, caller, &RealAllocator::valloc, size);
}
PPROF_SLOW void* SlowPvalloc(size_t size, void* caller) {
  return AllocateSlowly(size, caller, &RealAllocator::pvalloc, size);
}

PPROF_SLOW int SlowPosixMemalign(void** block, size_t alignment, size_t size, void* caller) {
  Settle(caller);
  const bool counts = real.posix_memalign == sampled.posix_memalign;
  const uint64_t interval = counts ? hooks::OnCountdownEnd(size) : 0;
  const int error = real.posix_memalign(block, alignment, size);
  if (interval != 0 && error == 0) hooks::OnAlloc(*block, size, interval, caller);
  return error;
}

// The page holds a sampled block, most likely not this one.
PPROF_SLOW void SlowFree(void* block) {
  hooks::OnFree(block);
  real.free(block);
}

// A block that realloc moved counts as an allocation at its new address. Samples the block itself,
// not a newly allocated one, since it is already filled.
PPROF_SLOW void TellMoved(void* block, size_t size, void* caller) {
  if (real.realloc != sampled.realloc) return;
  const uint64_t interval = hooks::OnCountdownEnd(size);
  if (interval != 0) hooks::OnAlloc(block, size, interval, caller);
}

PPROF_SLOW void* ReallocMaybeSampled(void* block, size_t size) {
  hooks::ReallocRecord record(block);
  void* moved = real.realloc(block, size);
  if (moved == nullptr) {
    record.Failed();
  } else if (moved == block) {
    record.Stayed(size);
  } else {
    record.Moved();
  }
  return moved;
}

__attribute__((always_inline)) inline void* Realloc(void* block, size_t size, void* caller) {
  if (block == nullptr) {
    if (hooks::CountDown(size)) return real.malloc(size);
    return SlowMalloc(size, caller);
  }
  if (size == 0) {  // frees the block and returns null
    if (hooks::MayBeSampled(block)) hooks::OnFree(block);
    return real.realloc(block, 0);
  }
  void* moved =
      hooks::MayBeSampled(block) ? ReallocMaybeSampled(block, size) : real.realloc(block, size);
  const bool is_new = moved != nullptr && moved != block;
  if (is_new && !hooks::CountDown(size)) TellMoved(moved, size, caller);
  return moved;
}

}  // namespace
}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow

extern "C" {

PPROF_ALLOCATOR void* malloc(size_t size) noexcept {
  if (hooks::CountDown(size)) return real.malloc(size);
  return SlowMalloc(size, __builtin_return_address(0));
}

PPROF_ALLOCATOR void free(void* block) noexcept {
  if (!hooks::MayBeSampled(block)) return real.free(block);
  SlowFree(block);
}

PPROF_ALLOCATOR void cfree(void* block) noexcept {
  if (!hooks::MayBeSampled(block)) return real.free(block);
  SlowFree(block);
}

PPROF_ALLOCATOR void* calloc(size_t count, size_t size) noexcept {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {  // tcmalloc does not set errno
    errno = ENOMEM;
    return nullptr;
  }
  if (hooks::CountDown(bytes)) return real.calloc(count, size);
  return SlowCalloc(count, size, bytes, __builtin_return_address(0));
}

PPROF_ALLOCATOR void* realloc(void* block, size_t size) noexcept {
  return Realloc(block, size, __builtin_return_address(0));
}

PPROF_ALLOCATOR void* reallocarray(void* block, size_t count, size_t size) noexcept {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return Realloc(block, bytes, __builtin_return_address(0));
}

PPROF_ALLOCATOR void* memalign(size_t alignment, size_t size) noexcept {
  if (hooks::CountDown(size)) return real.memalign(alignment, size);
  return SlowMemalign(alignment, size, __builtin_return_address(0));
}

PPROF_ALLOCATOR void* aligned_alloc(size_t alignment, size_t size) noexcept {
  if (hooks::CountDown(size)) return real.memalign(alignment, size);
  return SlowMemalign(alignment, size, __builtin_return_address(0));
}

PPROF_ALLOCATOR int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  if (hooks::CountDown(size)) return real.posix_memalign(block, alignment, size);
  return SlowPosixMemalign(block, alignment, size, __builtin_return_address(0));
}

PPROF_ALLOCATOR void* valloc(size_t size) noexcept {
  if (hooks::CountDown(size)) return real.valloc(size);
  return SlowValloc(size, __builtin_return_address(0));
}

PPROF_ALLOCATOR void* pvalloc(size_t size) noexcept {
  if (hooks::CountDown(size)) return real.pvalloc(size);
  return SlowPvalloc(size, __builtin_return_address(0));
}

PPROF_ALLOCATOR size_t malloc_usable_size(void* block) noexcept { return real.usable_size(block); }

// glibc's second names, which some allocators and old programs call.
// NOLINTBEGIN(bugprone-reserved-identifier)
#define PPROF_SAME_AS(name) __attribute__((weak, visibility("default"), alias(#name)))
PPROF_SAME_AS(malloc) void* __libc_malloc(size_t) noexcept;
PPROF_SAME_AS(free) void __libc_free(void*) noexcept;
PPROF_SAME_AS(cfree) void __libc_cfree(void*) noexcept;
PPROF_SAME_AS(calloc) void* __libc_calloc(size_t, size_t) noexcept;
PPROF_SAME_AS(realloc) void* __libc_realloc(void*, size_t) noexcept;
PPROF_SAME_AS(memalign) void* __libc_memalign(size_t, size_t) noexcept;
PPROF_SAME_AS(valloc) void* __libc_valloc(size_t) noexcept;
PPROF_SAME_AS(pvalloc) void* __libc_pvalloc(size_t) noexcept;
PPROF_SAME_AS(posix_memalign) int __posix_memalign(void**, size_t, size_t) noexcept;
// NOLINTEND(bugprone-reserved-identifier)

// This file's own, also where the program defines malloc itself.
__attribute__((visibility("hidden"), alias("malloc"))) void* pprof_cpp_own_malloc(size_t) noexcept;

// Tells copies of the profiler in several modules of a process from other allocators.
__attribute__((visibility("default"))) extern const char pprof_cpp_interposes_malloc;
const char pprof_cpp_interposes_malloc = 1;

}  // extern "C"

#endif  // !PPROF_CPP_SANITIZER_OWNS_MALLOC
