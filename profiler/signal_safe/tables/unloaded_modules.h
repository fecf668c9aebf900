// Modules that were unloaded while stacks through their code are kept: another module may stand at
// their addresses now, and its names would be lies. Such stacks are marked with the module they
// belong to, and never matched again.
//
// Writer: the thread in dlclose, one at a time. Readers: the server's thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/sys/modules/loaded_code.h"

namespace pprof::signal_safe {

class UnloadedModules {
 public:
  static constexpr size_t kMax = 256;  // further ones: kForgotten
  static constexpr uint32_t kForgotten = UINT32_MAX;

  // Around the real dlclose. Not signal-safe, the only such functions in this room: they are called
  // by dlclose's wrapper, never by malloc or a handler, and take the loader's lock as dlclose does.
  // dlclose inside dlclose (a destructor) and in two threads at once: only one looks.
  void BeforeUnload();
  void AfterUnload();
  // In the child of a fork: who was looking stayed in the parent. Signal-safe.
  void OnForkChild() { looking_.store(false, std::memory_order_relaxed); }

  // Entries 0 to size() - 1 never change; a stack's `unloaded_as` is an index here plus one.
  size_t size() const { return size_.load(std::memory_order_acquire); }
  const sys::LoadedCode& operator[](size_t index) const { return modules_[index]; }

 private:
  static constexpr size_t kMaxLoaded = 1024;

  void Retire(const sys::LoadedCode& gone);
  uint32_t NumberOf(const sys::LoadedCode& gone);

  std::atomic<bool> looking_;
  // Owned by the thread that set looking_.
  uint64_t unloaded_before_;
  size_t loaded_count_;
  sys::LoadedCode loaded_[kMaxLoaded];  // before the unload
  sys::LoadedCode now_[kMaxLoaded];     // after it
  // Written under looking_, read by all.
  sys::LoadedCode modules_[kMax];
  std::atomic<size_t> size_;
};

extern UnloadedModules unloaded_modules __attribute__((visibility("hidden")));

}  // namespace pprof::signal_safe
