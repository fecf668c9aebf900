#include "profiler/interpose/next.h"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace pprof::interpose {
namespace {

// Nothing that allocates: malloc may not work yet.
void Say(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) return;  // nobody to tell
}

[[noreturn]] void EndWithoutNext(const char* name) {
  Say("pprof-cpp: there is no ");
  Say(name);
  Say(" behind ours. Fully static programs (-static, -static-pie) cannot use pprof-cpp: link the C "
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
