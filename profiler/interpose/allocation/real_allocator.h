// The functions behind the interposed ones. Normally tcmalloc's.
//
// Our malloc does not always answer the process: a linker option can hide it from the libraries, or
// it comes with a plugin, long after others have allocated. Blocks then cross between our callers
// and another malloc's, so ours must not have a heap of its own: it passes every call on to the
// malloc that the process uses. Which it is, is settled once, at the first call or at load,
// whichever comes first; until then each pointer leads to a function that settles it.
#pragma once

#include <cstddef>
#include <new>

// Weak: a program that defines one of these functions itself keeps its own, instead of failing to
// link. Never inlined, not even by link-time optimization: the caller's stack would begin with the
// wrong function.
#define PPROF_ALLOCATOR __attribute__((weak, noinline, visibility("default")))
#define PPROF_SLOW __attribute__((noinline, cold))
#define PPROF_HIDDEN __attribute__((visibility("hidden")))

namespace pprof::interpose {

// noexcept as in the definitions: otherwise a call cannot become a jump.
struct RealAllocator {
  using Tag = const std::nothrow_t&;
  using Align = std::align_val_t;

  void* (*malloc)(size_t) noexcept;
  void (*free)(void*) noexcept;
  void* (*calloc)(size_t, size_t) noexcept;
  void* (*realloc)(void*, size_t) noexcept;
  void* (*memalign)(size_t, size_t) noexcept;
  int (*posix_memalign)(void**, size_t, size_t) noexcept;
  void* (*valloc)(size_t) noexcept;
  void* (*pvalloc)(size_t) noexcept;
  size_t (*usable_size)(void*) noexcept;

  void* (*new_one)(size_t);
  void* (*new_array)(size_t);
  void* (*new_nothrow)(size_t, Tag) noexcept;
  void* (*new_array_nothrow)(size_t, Tag) noexcept;
  void* (*new_aligned)(size_t, Align);
  void* (*new_array_aligned)(size_t, Align);
  void* (*new_aligned_nothrow)(size_t, Align, Tag) noexcept;
  void* (*new_array_aligned_nothrow)(size_t, Align, Tag) noexcept;

  void (*delete_one)(void*) noexcept;
  void (*delete_array)(void*) noexcept;
  void (*delete_sized)(void*, size_t) noexcept;
  void (*delete_array_sized)(void*, size_t) noexcept;
  void (*delete_nothrow)(void*, Tag) noexcept;
  void (*delete_array_nothrow)(void*, Tag) noexcept;
  void (*delete_aligned)(void*, Align) noexcept;
  void (*delete_array_aligned)(void*, Align) noexcept;
  void (*delete_sized_aligned)(void*, size_t, Align) noexcept;
  void (*delete_array_sized_aligned)(void*, size_t, Align) noexcept;
  void (*delete_aligned_nothrow)(void*, Align, Tag) noexcept;
  void (*delete_array_aligned_nothrow)(void*, Align, Tag) noexcept;
};

// Plain pointers, since compilers do not jump through an atomic one directly: one instruction more
// in every malloc. Written while the process has one thread, or while dlopen loads this module.
extern RealAllocator real PPROF_HIDDEN;

// Only tcmalloc's functions.
extern const RealAllocator kTcmalloc PPROF_HIDDEN;  // NOLINT(readability-identifier-naming)

// The functions whose blocks are sampled: tcmalloc's, or those of the program's allocator where the
// preload library leaves it in place. Where `real` has another one, that passes each call on to a
// function that counts it, or to another heap. Written like `real`.
extern RealAllocator sampled PPROF_HIDDEN;

// Whether tcmalloc serves the process, not another malloc behind a passage. False before Settle.
inline bool TcmallocAnswers() { return real.malloc == kTcmalloc.malloc; }

// Sets `real`, once. `caller`: return address of the call of malloc, or nullptr at load.
void Settle(const void* caller) noexcept;

}  // namespace pprof::interpose
