#include "profiler/sys/process/sanitizers.h"

#include <atomic>
#include <initializer_list>

#include "profiler/sys/modules/loaded_module.h"

namespace pprof::sys {
namespace {

enum Answer : int { kUnknown, kAbsent, kPresent };
std::atomic<int> answer{kUnknown};

Answer LookUp() {
  for (const char* name : {"__asan_init", "__tsan_init", "__msan_init"}) {
    if (FirstDefinition(name).address != 0) return kPresent;
  }
  return kAbsent;
}

}  // namespace

bool SanitizerIsPresent() {
  if (answer.load(std::memory_order_relaxed) == kUnknown) {
    answer.store(LookUp(), std::memory_order_relaxed);
  }
  return answer.load(std::memory_order_relaxed) == kPresent;
}

}  // namespace pprof::sys
