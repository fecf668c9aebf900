// Keeps modules mapped while a copied stack is walked: its addresses may be of code that was left,
// and whose module is being unloaded by another thread, with the unwind tables in it.
//
// Walkers never wait: while an unload runs they do not walk. Unloaders wait for walks in progress,
// which take microseconds.
// Not seen: unloads that the C library does by its internal name (conversions of iconv).
#pragma once

namespace pprof::signal_safe {

// Modules stay while one with entered() lives. Signal-safe.
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

// Around an unload. Not from a handler: waits for walks in other threads.
void BeginUnload();
void EndUnload();

// In the child of a fork: the walkers and unloaders stayed in the parent. Signal-safe.
void OpenModuleGate();

}  // namespace pprof::signal_safe
