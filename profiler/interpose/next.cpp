#include "profiler/interpose/next.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

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

}  // namespace

void* FindNext(const char* name, const char* version) {
  void* found = version == nullptr ? dlsym(RTLD_NEXT, name) : dlvsym(RTLD_NEXT, name, version);
  if (found == nullptr) EndWithoutNext(name);
  return found;
}

}  // namespace pprof::interpose
