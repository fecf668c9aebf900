#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include "profiler/sys/modules/loaded_symbols.h"
#include "profiler/sys/modules/loader_call.h"

namespace pprof::sys {
namespace {

// Whether dladdr found an entry of the procedure linkage table: an executable at a fixed address
// uses one for a library function whose address it takes.
bool IsStandIn(const void* symbol) {
  return symbol != nullptr && static_cast<const ElfW(Sym)*>(symbol)->st_shndx == SHN_UNDEF;
}

// The first library after the executable, in search order, that defines `name`.
std::string FirstLibraryWith(const char* name) {
  void* all = dlopen(nullptr, RTLD_LAZY);
  link_map* module = nullptr;
  if (all == nullptr || dlinfo(all, RTLD_DI_LINKMAP, &module) != 0) return "";
  std::string found;
  for (module = module->l_next; module != nullptr && found.empty(); module = module->l_next) {
    void* library = dlopen(module->l_name, RTLD_LAZY | RTLD_NOLOAD);
    if (library == nullptr) continue;
    void* address = dlsym(library, name);  // also searches the library's dependencies
    Dl_info info;
    if (address != nullptr && dladdr(address, &info) != 0 &&
        info.dli_fbase == reinterpret_cast<void*>(module->l_addr)) {
      found = module->l_name;
    }
    dlclose(library);
  }
  dlclose(all);
  return found;
}

}  // namespace

bool IsSymbolLoaded(const char* name) {
  const LoaderCall call;
  return dlsym(RTLD_DEFAULT, name) != nullptr;
}

std::string FileOfSymbol(const char* name) {
  const LoaderCall call;
  Dl_info info;
  void* symbol = nullptr;
  void* address = dlsym(RTLD_DEFAULT, name);
  if (address == nullptr || dladdr1(address, &info, &symbol, RTLD_DL_SYMENT) == 0) {
    return "an unknown file";
  }
  if (IsStandIn(symbol)) {
    std::string library = FirstLibraryWith(name);
    if (!library.empty()) return library;
  }
  return info.dli_fname;
}

}  // namespace pprof::sys
