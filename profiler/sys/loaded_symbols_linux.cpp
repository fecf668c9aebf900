#include <dlfcn.h>

#include "profiler/sys/loaded_symbols.h"

namespace pprof::sys {

bool IsSymbolLoaded(const char* name) { return dlsym(RTLD_DEFAULT, name) != nullptr; }

std::string FileOfSymbol(const char* name) {
  Dl_info info;
  void* address = dlsym(RTLD_DEFAULT, name);
  if (address == nullptr || dladdr(address, &info) == 0) return "an unknown file";
  return info.dli_fname;
}

}  // namespace pprof::sys
