// Keeps modules mapped while a copied stack is unwound: its addresses may be stale, of a module
// that another thread is unloading together with its unwind tables.
//
// Walkers never wait: during an unload they do not walk. Unloaders wait for walks in progress,
// which take microseconds. Not covered: unloads that the C library does by its internal name (iconv
// conversions).
#pragma once

namespace pprof::signal_safe {

// No module is unloaded while an object with entered() lives. Async-signal-safe.
class ModulesStay {
 public:
  ModulesStay() : entered_(Enter()) {}
  ~ModulesStay();
  ModulesStay(const ModulesStay&) = delete;
  ModulesStay& operator=(const ModulesStay&) = delete;
  bool entered() const { return entered_; }

 private:
  static bool Enter();

  const bool entered_;
};

// Around an unload. Not async-signal-safe: BeginUnload waits for walks in other threads.
void BeginUnload();
void EndUnload();

// In the child of a fork, where walkers and unloaders do not exist. Async-signal-safe.
void OpenModuleGate();

}  // namespace pprof::signal_safe
