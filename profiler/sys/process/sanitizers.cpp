#include "profiler/sys/process/sanitizers.h"

#include <atomic>

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

const Sanitizer* Find(LoadedModule* module = nullptr) {
  for (const Sanitizer& sanitizer : kSanitizers) {
    const Definition definition = FirstDefinition(sanitizer.function);
    if (definition.address == 0) continue;
    if (module != nullptr) *module = definition.module;
    return &sanitizer;
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
  LoadedModule module;
  Find(&module);
  return module;
}

bool SanitizerIsPresent() { return CachedAnswer() != kAbsent; }

bool ThreadSanitizerIsPresent() {
  if (answer.load(std::memory_order_relaxed) == kUnknown) {
    WhileModulesStay([](void*) { CachedAnswer(); }, nullptr);
  }
  return CachedAnswer() == kThreadSanitizer;
}

}  // namespace pprof::sys
