#include "profiler/interpose/next.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "profiler/sys/modules/loaded_module.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::interpose {
namespace {

// Must not allocate: malloc may not work yet.
void Say(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) return;  // stderr is closed
}

[[noreturn]] void EndWithoutNext(const char* name) {
  Say("pprof-cpp: no next definition of ");
  Say(name);
  Say(" found. Fully static programs (-static, -static-pie) cannot use pprof-cpp: link the C "
      "library dynamically.\n");
  std::abort();
}

// The definition in a sanitizer's runtime. Linked into this module, as clang's is, it is hidden by
// ours; in a library behind this module it is the next, but has no version to be found by.
void* FindInSanitizer(const char* name) {
  const sys::LoadedModule sanitizer = sys::SanitizerModule();
  if (!sanitizer) return nullptr;
  const auto own = sys::LoadedModule::Of(reinterpret_cast<const void*>(&FindNext));
  const bool follows = sanitizer == own || own.IsBefore(sanitizer);
  return follows ? reinterpret_cast<void*>(sys::Interceptor(sanitizer, name)) : nullptr;
}

}  // namespace

void* FindNext(const char* name, const char* version) {
  if (void* const found = FindInSanitizer(name)) return found;
  void* found = version == nullptr ? dlsym(RTLD_NEXT, name) : dlvsym(RTLD_NEXT, name, version);
  if (found == nullptr) EndWithoutNext(name);
  return found;
}

}  // namespace pprof::interpose
