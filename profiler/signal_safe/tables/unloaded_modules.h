// Modules that were unloaded while stacks through their code are kept. Another module may occupy
// their addresses now and would give wrong names, so these stacks are marked with their module and
// never matched again.
//
// Writer: the thread in dlclose, one at a time. Readers: the server's thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/sys/modules/loaded_code.h"

namespace pprof::signal_safe {

// Async-signal-safe, except where a member says otherwise.
class UnloadedModules {
 public:
  static constexpr size_t kMax = 256;  // further ones become kForgotten
  static constexpr uint32_t kForgotten = UINT32_MAX;

  // Called around the real dlclose. Of nested (a destructor calls dlclose) or concurrent calls only
  // the first compares the modules. Not async-signal-safe: take the loader's lock, as dlclose does.
  void BeforeUnload();
  void AfterUnload();
  // In the child of a fork: a thread of the parent may have set the flag.
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
  // Written under looking_, read by any thread.
  sys::LoadedCode modules_[kMax];
  std::atomic<size_t> size_;
};

extern UnloadedModules unloaded_modules __attribute__((visibility("hidden")));

}  // namespace pprof::signal_safe
