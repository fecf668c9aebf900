// Detects sanitizers that replace the allocator or the locks.
#pragma once

#include <cstdint>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PPROF_CPP_SANITIZER_OWNS_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define PPROF_CPP_SANITIZER_OWNS_MALLOC 1
#endif
#endif
#ifndef PPROF_CPP_SANITIZER_OWNS_MALLOC
#define PPROF_CPP_SANITIZER_OWNS_MALLOC 0
#endif

// TSan must see every lock itself, and ASan rejects the unwinder's reads of other frames.
#define PPROF_CPP_SANITIZER_OWNS_LOCKS PPROF_CPP_SANITIZER_OWNS_MALLOC

namespace pprof::sys {

class LoadedModule;  // loaded_module.h

// Whether the program runs under such a sanitizer, even if this code is not compiled with it. Calls
// no function of the C library that a sanitizer intercepts, so it works in the very first malloc.
// The first call looks through the loaded modules; weak references would be simpler, but BOLT
// refuses programs that have them. Async-signal-safe after the first call, which is malloc's.
bool SanitizerIsPresent();

// The same for ThreadSanitizer alone. Safe in any thread at any time. Not async-signal-safe: the
// first call may take the loader's lock.
bool ThreadSanitizerIsPresent();

// Its name, e.g. "AddressSanitizer", or nullptr. Looks through the loaded modules at each call.
// REQUIRES: as FirstDefinition (loaded_module.h).
const char* FindSanitizer();

// The module that its runtime is in: a library of its own, or the one that it was linked into; none
// without a sanitizer. REQUIRES: as FirstDefinition.
LoadedModule SanitizerModule();

// The function that a sanitizer's runtime in `module` puts in the place of the C library's `name`;
// 0: none. Also where the runtime is linked into a module in which another definition has the name.
// REQUIRES: as FirstDefinition; a module.
uintptr_t Interceptor(LoadedModule module, const char* name);

}  // namespace pprof::sys
