// Symbolizes between requests, if enabled, so that the first profile finds its symbols cached.
#pragma once

#include <chrono>
#include <optional>

#include "pprof/own_threads.h"
#include "pprof/status.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::http {

// Caches the symbols of stacks that hold memory, for all profiles; cached ones cost nothing. Files
// are read in the background, at low priority.
// Thread safety: belongs to one thread. Not async-signal-safe.
class SymbolWarmer {
 public:
  SymbolWarmer() = default;
  ~SymbolWarmer();
  SymbolWarmer(const SymbolWarmer&) = delete;
  SymbolWarmer& operator=(const SymbolWarmer&) = delete;

  // Starts a thread that symbolizes now and every `pause`. Errors: kInternal without a thread.
  // REQUIRES: called at most once.
  Status Start(std::chrono::milliseconds pause);

 private:
  void Run(std::chrono::milliseconds pause);
  bool Stopping();

  sys::Mutex mutex_;
  sys::CondVar changed_;
  bool stopping_ PPROF_GUARDED_BY(mutex_) = false;
  std::optional<OwnThread> thread_;
};

}  // namespace pprof::http
