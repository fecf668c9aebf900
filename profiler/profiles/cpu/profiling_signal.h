// Ownership of SIGPROF during a recording: taken if no other code handles it, then restored.
#pragma once

#include "pprof/status.h"

namespace pprof::profiles {

// Thread safety: none. Not async-signal-safe.
class ProfilingSignal {
 public:
  // Installs the CPU sampler's handler. Errors: kConflict with the file of a foreign handler;
  // kInternal when the kernel refuses.
  Status Take();

  // Restores the previous action, after discarding pending signals, since the default action would
  // kill the process. A handler installed by another profiler meanwhile is kept.
  // REQUIRES: all CPU timers are deleted.
  void GiveBack();

 private:
  bool was_ignored_ = false;
};

}  // namespace pprof::profiles
