#include "profiler/interpose/next.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

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
// ours and stays under another name. In a library behind this module it is the next, but has no
// version to be found by.
void* FindInSanitizer(const char* name) {
  if (!sys::SanitizerIsPresent()) return nullptr;  // known after the first name
  const auto own = sys::LoadedModule::Of(reinterpret_cast<const void*>(&FindNext));
  const sys::LoadedModule sanitizer = sys::SanitizerModule();
  char interceptor[64] = "__interceptor_";
  std::strncat(interceptor, name, sizeof interceptor - std::strlen(interceptor) - 1);
  if (sanitizer == own) return reinterpret_cast<void*>(own.Exported(interceptor));
  return own.IsBefore(sanitizer) ? reinterpret_cast<void*>(sanitizer.Exported(name)) : nullptr;
}

}  // namespace

void* FindNext(const char* name, const char* version) {
  if (void* const found = FindInSanitizer(name)) return found;
  void* found = version == nullptr ? dlsym(RTLD_NEXT, name) : dlvsym(RTLD_NEXT, name, version);
  if (found == nullptr) EndWithoutNext(name);
  return found;
}

}  // namespace pprof::interpose
