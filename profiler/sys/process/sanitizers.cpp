#include "profiler/sys/process/sanitizers.h"

extern "C" {
// Not __asan_init: BOLT refuses programs with a symbol of that name.
__attribute__((weak)) int __asan_address_is_poisoned(const volatile void*);
__attribute__((weak)) void __tsan_init();
__attribute__((weak)) void __msan_init();
}

namespace pprof::sys {

bool SanitizerIsPresent() {
  return __asan_address_is_poisoned != nullptr || __tsan_init != nullptr || __msan_init != nullptr;
}

}  // namespace pprof::sys
