#include <dlfcn.h>
#include <link.h>

#include "profiler/sys/modules/dynamic_table.h"
#include "profiler/sys/modules/loaded_module.h"
#include "profiler/sys/modules/loader_call.h"

namespace pprof::sys {
namespace {

const link_map* MapOf(const void* map) { return static_cast<const link_map*>(map); }

// The one place where glibc tells a module's namespace without a lock.
const link_map* MapAt(const void* address) {
  dl_find_object found;
  if (_dl_find_object(const_cast<void*>(address), &found) != 0) return nullptr;
  return found.dlfo_link_map;
}

const char* FileName(const char* path) {
  const char* name = path;
  for (; *path != '\0'; ++path) {
    if (*path == '/') name = path + 1;
  }
  return name;
}

struct Visit {
  void (*body)(void*);
  void* argument;
};

int CallBody(dl_phdr_info*, size_t, void* visit) {
  static_cast<Visit*>(visit)->body(static_cast<Visit*>(visit)->argument);
  return 1;  // once
}

}  // namespace

LoadedModule LoadedModule::First() {
  const link_map* map = MapAt(reinterpret_cast<const void*>(&FileName));
  while (map != nullptr && map->l_prev != nullptr) map = map->l_prev;
  return LoadedModule(map);
}

LoadedModule LoadedModule::Of(const void* address) { return LoadedModule(MapAt(address)); }

LoadedModule LoadedModule::Named(const char* name) {
  LoadedModule module = First();
  while (module && !BeginsWith(FileName(module.path()), name)) module = module.Next();
  return module;
}

LoadedModule LoadedModule::Next() const { return LoadedModule(MapOf(map_)->l_next); }

bool LoadedModule::IsBefore(const LoadedModule& other) const {
  if (!*this || !other) return false;
  for (const link_map* map = MapOf(map_)->l_next; map != nullptr; map = map->l_next) {
    if (map == other.map_) return true;
  }
  return false;
}

const char* LoadedModule::path() const { return MapOf(map_)->l_name; }

uintptr_t LoadedModule::Exported(const char* name) const {
  return DynamicTable(MapOf(map_)->l_addr, MapOf(map_)->l_ld).Exported(name);
}

uintptr_t LoadedModule::CallEntry(const char* name) const {
  return DynamicTable(MapOf(map_)->l_addr, MapOf(map_)->l_ld).Slot(name);
}

// An unbound entry leads back into the module's own procedure linkage table.
uintptr_t LoadedModule::Called(const char* name) const {
  const uintptr_t entry = CallEntry(name);
  const bool own = entry != 0 && Of(reinterpret_cast<const void*>(entry)) == *this;
  return own && entry != Exported(name) ? 0 : entry;
}

Definition FirstDefinition(const char* name) {
  for (LoadedModule module = LoadedModule::First(); module; module = module.Next()) {
    if (const uintptr_t address = module.Exported(name)) return {module, address};
  }
  return {};
}

void WhileModulesStay(void (*body)(void*), void* argument) {
  Visit visit{body, argument};
  const LoaderCall call;
  dl_iterate_phdr(&CallBody, &visit);
}

}  // namespace pprof::sys
