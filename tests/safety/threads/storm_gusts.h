// Parts of storms: actions that make profilers hang or crash while they run in other threads.
// REQUIRES: PPROF_STORM_PLUGIN, the path of storm_plugin.cpp as a module.
#pragma once

#include <dlfcn.h>
#include <link.h>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace pprof::testing {

inline void LoadAndUnload() {
  void* plugin = dlopen(PPROF_STORM_PLUGIN, RTLD_NOW);
  if (plugin == nullptr) std::abort();
  const auto call = reinterpret_cast<int (*)(int)>(dlsym(plugin, "ThrowInPlugin"));
  for (int depth = 0; depth < 20; ++depth) call(depth);
  dlclose(plugin);
}

__attribute__((noinline)) inline int ThrowDeep(int depth) {
  if (depth == 0) throw std::runtime_error("storm");
  const std::string kept(static_cast<size_t>(20 + depth),
                         'x');  // destroyed during unwinding: _Unwind_Resume
  const int result = ThrowDeep(depth - 1);
  __asm__ volatile("" : : "r"(kept.data()));
  return result;
}

inline void Throw() {
  try {
    ThrowDeep(10);
  } catch (const std::exception&) {
  }
}

inline void IterateModules() {
  dl_iterate_phdr([](dl_phdr_info*, size_t, void*) { return 0; }, nullptr);
}

}  // namespace pprof::testing
