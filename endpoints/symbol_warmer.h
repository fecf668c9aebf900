// Looks names up between requests, for programs that ask for it, so that the first profile has them
// at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "pprof/own_threads.h"
#include "pprof/status.h"

namespace pprof::http {

// The names of the stacks that hold memory, into the cache that all profiles share; what was looked
// up before costs nothing. Files are read in the background, at low priority.
// Thread safety: belongs to one thread. Not signal-safe.
class SymbolWarmer {
 public:
  ~SymbolWarmer();

  // Starts a thread that does it now and every `pause`. Errors: kInternal, no thread to be had.
  // REQUIRES: called once at most.
  Status Start(std::chrono::milliseconds pause);

 private:
  void Run(std::chrono::milliseconds pause);
  bool Stopping();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::optional<OwnThread> thread_;
};

}  // namespace pprof::http
