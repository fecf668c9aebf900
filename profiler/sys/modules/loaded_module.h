// The loaded modules and their function symbols, read from the tables in memory: no lock and no
// allocation, so that malloc can ask at its very first call who else defines malloc.
#pragma once

#include <cstdint>

namespace pprof::sys {

// One module of the namespace that this code is loaded in. A value; invalid after its dlclose.
// Thread safety: none. Use it at load (before the program has other threads, or in a constructor,
// where dlopen holds the loader's lock), or inside WhileModulesStay. Async-signal-safe then.
class LoadedModule {
 public:
  LoadedModule() = default;  // no module

  // The first in load order: the executable.
  static LoadedModule First();
  // The module at `address`; none for memory outside modules.
  static LoadedModule Of(const void* address);
  // The first whose file name begins with `name`, e.g. "libc.so.".
  static LoadedModule Named(const char* name);

  explicit operator bool() const { return map_ != nullptr; }
  bool operator==(const LoadedModule& other) const { return map_ == other.map_; }
  bool operator!=(const LoadedModule& other) const { return map_ != other.map_; }

  // The next in load order; none after the last. REQUIRES: a module.
  LoadedModule Next() const;
  // Whether it was loaded before `other`. False without both.
  bool IsBefore(const LoadedModule& other) const;
  // Its path; empty for the executable. REQUIRES: a module.
  const char* path() const;

  // Address of the function that it defines and exports under `name`; 0: none. REQUIRES: a module.
  uintptr_t Exported(const char* name) const;

  // What its own calls of `name` reach, from the first relocation for the name. 0: it has none, or
  // none that is bound yet (lazy binding). REQUIRES: a module.
  uintptr_t Called(const char* name) const;
  // The entry that its calls of `name` go through: Called(), or before the first call an address
  // that binds it. 0: it has none. REQUIRES: a module.
  uintptr_t CallEntry(const char* name) const;

 private:
  explicit LoadedModule(const void* map) : map_(map) {}

  const void* map_ = nullptr;  // glibc's link_map
};

// A function that the loader finds for a name: the first definition in load order.
struct Definition {
  LoadedModule module;
  uintptr_t address = 0;  // 0: no module exports the name
};

// What the C library and, unless they bind it otherwise, all other modules call for `name`. Exact
// for names that a library loaded at start defines. For the thread safety see LoadedModule.
Definition FirstDefinition(const char* name);

// Calls body(argument) while no module is loaded or unloaded. Thread safety: safe.
// Not async-signal-safe: takes the loader's lock.
void WhileModulesStay(void (*body)(void*), void* argument);

}  // namespace pprof::sys
