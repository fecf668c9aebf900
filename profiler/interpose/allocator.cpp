// Defines the malloc family: counts down, forwards to tcmalloc, reports to on_alloc.h.
//
// An unsampled malloc is `sub; jb; jmp tc_malloc`; an unsampled free is a load from the page filter
// and `jmp tc_free`. No statistics on these paths: a single shared counter would be measurable.
// tcmalloc's malloc(8) is only 8-aligned, so explicit alignments always go to tc_memalign and its
// variants.
//
// Empty under sanitizers, which bring their own allocator: with this one in front ASan would
// silently miss errors and TSan would crash at start.
#include "profiler/signal_safe/hooks/on_alloc.h"

#if !PPROF_CPP_SANITIZER_OWNS_MALLOC

#include <gperftools/tcmalloc.h>

#include <cerrno>
#include <cstddef>
#include <new>

#define PPROF_EXPORT __attribute__((visibility("default")))
#define PPROF_SLOW __attribute__((noinline, cold))

namespace pprof::interpose {
namespace {

namespace hooks = pprof::signal_safe;

// The allocation after a countdown that ended. `allocate` calls the real function, which fails,
// throws and calls the new-handler as usual; only a success is reported.
template <class Allocate>
__attribute__((always_inline)) inline void* AllocateSlowly(size_t size, void* caller,
                                                           Allocate allocate) {
  const uint64_t interval = hooks::OnCountdownEnd(size);
  void* block = allocate();
  if (__builtin_expect(interval != 0 && block != nullptr, 0)) {
    hooks::OnAlloc(block, size, interval, caller);
  }
  return block;
}

PPROF_SLOW void* SlowMalloc(size_t size, void* caller) {
  return AllocateSlowly(size, caller, [=] { return tc_malloc(size); });
}
PPROF_SLOW void* SlowNew(size_t size, void* caller) {
  return AllocateSlowly(size, caller, [=] { return tc_new(size); });
}
PPROF_SLOW void* SlowNewNothrow(size_t size, void* caller) noexcept {
  return AllocateSlowly(size, caller, [=] { return tc_new_nothrow(size, std::nothrow); });
}
PPROF_SLOW void* SlowNewAligned(size_t size, std::align_val_t alignment, void* caller) {
  return AllocateSlowly(size, caller, [=] { return tc_new_aligned(size, alignment); });
}
PPROF_SLOW void* SlowNewAlignedNothrow(size_t size, std::align_val_t alignment,
                                       void* caller) noexcept {
  return AllocateSlowly(size, caller,
                        [=] { return tc_new_aligned_nothrow(size, alignment, std::nothrow); });
}
PPROF_SLOW void* SlowCalloc(size_t count, size_t size, size_t bytes, void* caller) {
  return AllocateSlowly(bytes, caller, [=] { return tc_calloc(count, size); });
}
PPROF_SLOW void* SlowMemalign(size_t alignment, size_t size, void* caller) {
  return AllocateSlowly(size, caller, [=] { return tc_memalign(alignment, size); });
}
PPROF_SLOW void* SlowValloc(size_t size, void* caller) {
  return AllocateSlowly(size, caller, [=] { return tc_valloc(size); });
}
PPROF_SLOW void* SlowPvalloc(size_t size, void* caller) {
  return AllocateSlowly(size, caller, [=] { return tc_pvalloc(size); });
}

PPROF_SLOW int SlowPosixMemalign(void** block, size_t alignment, size_t size, void* caller) {
  const uint64_t interval = hooks::OnCountdownEnd(size);
  const int error = tc_posix_memalign(block, alignment, size);
  if (interval != 0 && error == 0) hooks::OnAlloc(*block, size, interval, caller);
  return error;
}

// The page holds a sampled block, most likely not this one.
PPROF_SLOW void SlowFree(void* block) {
  hooks::OnFree(block);
  tc_free(block);
}

// A block that realloc moved counts as an allocation at its new address. Samples the block itself,
// not a newly allocated one, since it is already filled.
PPROF_SLOW void TellMoved(void* block, size_t size, void* caller) {
  const uint64_t interval = hooks::OnCountdownEnd(size);
  if (interval != 0) hooks::OnAlloc(block, size, interval, caller);
}

PPROF_SLOW void* ReallocMaybeSampled(void* block, size_t size) {
  hooks::ReallocRecord record(block);
  void* moved = tc_realloc(block, size);
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
    if (hooks::CountDown(size)) return tc_malloc(size);
    return SlowMalloc(size, caller);
  }
  if (size == 0) {  // tcmalloc frees the block and returns null
    if (hooks::MayBeSampled(block)) hooks::OnFree(block);
    return tc_realloc(block, 0);
  }
  void* moved =
      hooks::MayBeSampled(block) ? ReallocMaybeSampled(block, size) : tc_realloc(block, size);
  const bool is_new = moved != nullptr && moved != block;
  if (is_new && !hooks::CountDown(size)) TellMoved(moved, size, caller);
  return moved;
}

}  // namespace
}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow
namespace hooks = pprof::signal_safe;

extern "C" {

PPROF_EXPORT void* malloc(size_t size) noexcept {
  if (hooks::CountDown(size)) return tc_malloc(size);
  return SlowMalloc(size, __builtin_return_address(0));
}

PPROF_EXPORT void free(void* block) noexcept {
  if (!hooks::MayBeSampled(block)) return tc_free(block);
  SlowFree(block);
}

PPROF_EXPORT void cfree(void* block) noexcept {
  if (!hooks::MayBeSampled(block)) return tc_free(block);
  SlowFree(block);
}

PPROF_EXPORT void* calloc(size_t count, size_t size) noexcept {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {  // tcmalloc does not set errno
    errno = ENOMEM;
    return nullptr;
  }
  if (hooks::CountDown(bytes)) return tc_calloc(count, size);
  return SlowCalloc(count, size, bytes, __builtin_return_address(0));
}

PPROF_EXPORT void* realloc(void* block, size_t size) noexcept {
  return Realloc(block, size, __builtin_return_address(0));
}

PPROF_EXPORT void* reallocarray(void* block, size_t count, size_t size) noexcept {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return nullptr;
  }
  return Realloc(block, bytes, __builtin_return_address(0));
}

PPROF_EXPORT void* memalign(size_t alignment, size_t size) noexcept {
  if (hooks::CountDown(size)) return tc_memalign(alignment, size);
  return SlowMemalign(alignment, size, __builtin_return_address(0));
}

PPROF_EXPORT void* aligned_alloc(size_t alignment, size_t size) noexcept {
  if (hooks::CountDown(size)) return tc_memalign(alignment, size);
  return SlowMemalign(alignment, size, __builtin_return_address(0));
}

PPROF_EXPORT int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  if (hooks::CountDown(size)) return tc_posix_memalign(block, alignment, size);
  return SlowPosixMemalign(block, alignment, size, __builtin_return_address(0));
}

PPROF_EXPORT void* valloc(size_t size) noexcept {
  if (hooks::CountDown(size)) return tc_valloc(size);
  return SlowValloc(size, __builtin_return_address(0));
}

PPROF_EXPORT void* pvalloc(size_t size) noexcept {
  if (hooks::CountDown(size)) return tc_pvalloc(size);
  return SlowPvalloc(size, __builtin_return_address(0));
}

PPROF_EXPORT size_t malloc_usable_size(void* block) noexcept { return tc_malloc_size(block); }

// Named on the link line (-u), so that the linker always takes this file from the archive.
PPROF_EXPORT extern const char pprof_cpp_interposes_malloc;
const char pprof_cpp_interposes_malloc = 1;

}  // extern "C"

PPROF_EXPORT void* operator new(size_t size) {
  if (hooks::CountDown(size)) return tc_new(size);
  return SlowNew(size, __builtin_return_address(0));
}
PPROF_EXPORT void* operator new[](size_t size) {
  if (hooks::CountDown(size)) return tc_new(size);
  return SlowNew(size, __builtin_return_address(0));
}
PPROF_EXPORT void* operator new(size_t size, const std::nothrow_t&) noexcept {
  if (hooks::CountDown(size)) return tc_new_nothrow(size, std::nothrow);
  return SlowNewNothrow(size, __builtin_return_address(0));
}
PPROF_EXPORT void* operator new[](size_t size, const std::nothrow_t&) noexcept {
  if (hooks::CountDown(size)) return tc_new_nothrow(size, std::nothrow);
  return SlowNewNothrow(size, __builtin_return_address(0));
}
PPROF_EXPORT void* operator new(size_t size, std::align_val_t alignment) {
  if (hooks::CountDown(size)) return tc_new_aligned(size, alignment);
  return SlowNewAligned(size, alignment, __builtin_return_address(0));
}
PPROF_EXPORT void* operator new[](size_t size, std::align_val_t alignment) {
  if (hooks::CountDown(size)) return tc_new_aligned(size, alignment);
  return SlowNewAligned(size, alignment, __builtin_return_address(0));
}
PPROF_EXPORT void* operator new(size_t size, std::align_val_t alignment,
                                const std::nothrow_t&) noexcept {
  if (hooks::CountDown(size)) return tc_new_aligned_nothrow(size, alignment, std::nothrow);
  return SlowNewAlignedNothrow(size, alignment, __builtin_return_address(0));
}
PPROF_EXPORT void* operator new[](size_t size, std::align_val_t alignment,
                                  const std::nothrow_t&) noexcept {
  if (hooks::CountDown(size)) return tc_new_aligned_nothrow(size, alignment, std::nothrow);
  return SlowNewAlignedNothrow(size, alignment, __builtin_return_address(0));
}

// tc_delete* differ from tc_free only in what they report to gperftools' hooks; sized forms save a
// look-up.
#define PPROF_DEFINE_DELETE(...)                                          \
  PPROF_EXPORT void operator delete(void* block __VA_ARGS__) noexcept {   \
    if (!hooks::MayBeSampled(block)) return tc_free(block);               \
    SlowFree(block);                                                      \
  }                                                                       \
  PPROF_EXPORT void operator delete[](void* block __VA_ARGS__) noexcept { \
    if (!hooks::MayBeSampled(block)) return tc_free(block);               \
    SlowFree(block);                                                      \
  }
#define PPROF_COMMA ,
PPROF_DEFINE_DELETE()
PPROF_DEFINE_DELETE(PPROF_COMMA const std::nothrow_t&)
PPROF_DEFINE_DELETE(PPROF_COMMA std::align_val_t)
PPROF_DEFINE_DELETE(PPROF_COMMA std::align_val_t PPROF_COMMA const std::nothrow_t&)
PPROF_DEFINE_DELETE(PPROF_COMMA size_t PPROF_COMMA std::align_val_t)

PPROF_EXPORT void operator delete(void* block, size_t size) noexcept {
  if (!hooks::MayBeSampled(block)) return tc_delete_sized(block, size);
  SlowFree(block);
}
PPROF_EXPORT void operator delete[](void* block, size_t size) noexcept {
  if (!hooks::MayBeSampled(block)) return tc_delete_sized(block, size);
  SlowFree(block);
}

#endif  // !PPROF_CPP_SANITIZER_OWNS_MALLOC
