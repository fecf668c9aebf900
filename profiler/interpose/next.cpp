#include "profiler/interpose/next.h"

#include <dlfcn.h>

namespace pprof::interpose {

void* FindNext(const char* name, const char* version) {
  void* found = version == nullptr ? dlsym(RTLD_NEXT, name) : dlvsym(RTLD_NEXT, name, version);
  if (found == nullptr) __builtin_trap();
  return found;
}

}  // namespace pprof::interpose
