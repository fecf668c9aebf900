#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include "profiler/sys/modules/libc_functions.h"
#include "profiler/sys/modules/loader_call.h"

namespace pprof::sys {

FunctionRange FindLibcFunction(const char* name) {
  const LoaderCall call;
  void* libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
  if (libc == nullptr) return {};  // a static executable
  void* address = dlsym(libc, name);
  dlclose(libc);
  Dl_info info;
  void* symbol = nullptr;
  if (address == nullptr || dladdr1(address, &info, &symbol, RTLD_DL_SYMENT) == 0 ||
      symbol == nullptr) {
    return {};
  }
  const auto begin = reinterpret_cast<uintptr_t>(address);
  return {begin, begin + static_cast<const ElfW(Sym)*>(symbol)->st_size};
}

}  // namespace pprof::sys
