// The malloc that the process uses, for a module whose own cannot answer.
#pragma once

#include "profiler/interpose/allocation/real_allocator.h"
#include "profiler/sys/modules/loaded_module.h"

namespace pprof::interpose {

// Functions that pass each call on to the process's malloc and operator new. A block that belongs
// to tcmalloc nevertheless, because a library was bound to it, goes back to tcmalloc.
// `own`: this module, which is skipped.
RealAllocator MakePassage(sys::LoadedModule own) noexcept;

// Functions that pass each call on to another copy of the profiler, which uses tcmalloc, too.
RealAllocator MakePassageTo(sys::LoadedModule copy) noexcept;

// The same for a sanitizer's runtime in the library `sanitizer`, or linked into this module, `own`:
// then ours hide its functions, which stay under names of their own.
RealAllocator MakePassageToSanitizer(sys::LoadedModule sanitizer, sys::LoadedModule own) noexcept;

// Second step, when `real` is the passage already: libstdc++ tells which operator new others call;
// if that is this module's, new and delete stay built on malloc and free.
void FollowOperatorNew() noexcept;

}  // namespace pprof::interpose
