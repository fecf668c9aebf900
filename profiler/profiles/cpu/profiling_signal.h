// SIGPROF for the time of a recording: taken when nobody else handles it, and given back.
#pragma once

#include "pprof/status.h"

namespace pprof::profiles {

// Thread safety: none. Not signal-safe.
class ProfilingSignal {
 public:
  // Installs the handler of the CPU sampler. Errors: kConflict with the name of a foreign handler;
  // kInternal when the kernel refuses.
  Status Take();

  // The action is again what it was, after pending signals are dropped: the default action would
  // kill. A profiler that installed its handler meanwhile keeps it.
  // REQUIRES: no timer of ours exists any more.
  void GiveBack();

 private:
  bool was_ignored_ = false;
};

}  // namespace pprof::profiles
