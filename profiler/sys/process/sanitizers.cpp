#include "profiler/sys/process/sanitizers.h"

extern "C" {
__attribute__((weak)) void __asan_init();
__attribute__((weak)) void __tsan_init();
__attribute__((weak)) void __msan_init();
}

namespace pprof::sys {

bool SanitizerIsPresent() {
  return __asan_init != nullptr || __tsan_init != nullptr || __msan_init != nullptr;
}

}  // namespace pprof::sys
