// Looks names up between requests, for programs that ask for it, so that the first profile has them
// at once.
#pragma once

#include <chrono>
#include <optional>

#include "pprof/own_threads.h"
#include "pprof/status.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::http {

// The names of the stacks that hold memory, into the cache that all profiles share; what was looked
// up before costs nothing. Files are read in the background, at low priority.
// Thread safety: belongs to one thread. Not signal-safe.
class SymbolWarmer {
 public:
  SymbolWarmer() = default;
  ~SymbolWarmer();
  SymbolWarmer(const SymbolWarmer&) = delete;
  SymbolWarmer& operator=(const SymbolWarmer&) = delete;

  // Starts a thread that does it now and every `pause`. Errors: kInternal, no thread to be had.
  // REQUIRES: called once at most.
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
