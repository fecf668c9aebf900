#include "profiler/sys/process/sanitizers.h"

#include <atomic>

#include "profiler/sys/modules/loaded_module.h"

namespace pprof::sys {
namespace {

enum Answer : int { kUnknown, kAbsent, kPresent };
std::atomic<int> answer{kUnknown};

struct Sanitizer {
  const char* function;
  const char* name;
};
constexpr Sanitizer kSanitizers[] = {{"__asan_init", "AddressSanitizer"},
                                     {"__tsan_init", "ThreadSanitizer"},
                                     {"__msan_init", "MemorySanitizer"}};

}  // namespace

const char* FindSanitizer() {
  for (const Sanitizer& sanitizer : kSanitizers) {
    if (FirstDefinition(sanitizer.function).address != 0) return sanitizer.name;
  }
  return nullptr;
}

bool SanitizerIsPresent() {
  if (answer.load(std::memory_order_relaxed) == kUnknown) {
    answer.store(FindSanitizer() != nullptr ? kPresent : kAbsent, std::memory_order_relaxed);
  }
  return answer.load(std::memory_order_relaxed) == kPresent;
}

}  // namespace pprof::sys
