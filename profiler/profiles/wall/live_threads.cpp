#include "profiler/profiles/wall/live_threads.h"

#include "profiler/labels/label_table.h"
#include "profiler/signal_safe/tables/thread_registry.h"

namespace pprof::profiles {

uint32_t LiveThreads::LabelsOf(int32_t wanted) const {
  uint32_t labels = labels::kNoLabels;
  signal_safe::thread_registry.ForEach(
      [&](const signal_safe::ThreadFacts& thread, signal_safe::ThreadRecord&) {
        if (thread.tid == wanted) labels = thread.label_set;
      });
  return labels;
}

}  // namespace pprof::profiles
