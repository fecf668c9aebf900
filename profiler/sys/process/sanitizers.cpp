#include "profiler/sys/process/sanitizers.h"

#include <atomic>
#include <cstddef>
#include <initializer_list>

#include "profiler/sys/modules/loaded_module.h"

namespace pprof::sys {
namespace {

enum Answer : int { kUnknown, kAbsent, kPresent, kThreadSanitizer };
std::atomic<int> answer{kUnknown};

struct Sanitizer {
  const char* function;
  const char* name;
  Answer answer;
};
constexpr Sanitizer kSanitizers[] = {{"__asan_init", "AddressSanitizer", kPresent},
                                     {"__tsan_init", "ThreadSanitizer", kThreadSanitizer},
                                     {"__msan_init", "MemorySanitizer", kPresent}};

const Sanitizer* Find() {
  for (const Sanitizer& sanitizer : kSanitizers) {
    if (FirstDefinition(sanitizer.function).address != 0) return &sanitizer;
  }
  return nullptr;
}

int CachedAnswer() {
  if (answer.load(std::memory_order_relaxed) == kUnknown) {
    const Sanitizer* const found = Find();
    answer.store(found != nullptr ? found->answer : kAbsent, std::memory_order_relaxed);
  }
  return answer.load(std::memory_order_relaxed);
}

}  // namespace

const char* FindSanitizer() {
  const Sanitizer* const found = Find();
  return found != nullptr ? found->name : nullptr;
}

LoadedModule SanitizerModule() {
  if (!SanitizerIsPresent()) return {};  // known after malloc's first call
  const Sanitizer* const found = Find();
  return found != nullptr ? FirstDefinition(found->function).module : LoadedModule();
}

// The prefix is that of compiler-rt, which gcc's runtimes are made of. No function of the C
// library: the sanitizer intercepts them, and may not be set up yet.
uintptr_t Interceptor(LoadedModule module, const char* name) {
  constexpr char kPrefix[] = "__interceptor_";
  char interceptor[64] = {};
  size_t size = 0;
  for (const char* part : std::initializer_list<const char*>{kPrefix, name}) {
    while (*part != '\0' && size + 1 < sizeof interceptor) interceptor[size++] = *part++;
  }
  return module.Exported(interceptor);
}

bool SanitizerIsPresent() { return CachedAnswer() != kAbsent; }

bool ThreadSanitizerIsPresent() {
  if (answer.load(std::memory_order_relaxed) == kUnknown) {
    WhileModulesStay([](void*) { CachedAnswer(); }, nullptr);
  }
  return CachedAnswer() == kThreadSanitizer;
}

}  // namespace pprof::sys
