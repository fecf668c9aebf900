#include "profiler/profiles/wall/live_threads.h"

#include "profiler/labels/label_table.h"
#include "profiler/signal_safe/tables/thread_registry.h"

namespace pprof::profiles {

uint32_t LiveThreads::LabelsOf(int32_t wanted) const {
  uint32_t labels = labels::kNoLabels;
  signal_safe::thread_registry.ForEach([&](int32_t tid, signal_safe::ThreadRecord& record) {
    if (tid == wanted) labels = record.label_set.load(std::memory_order_relaxed);
  });
  return labels;
}

}  // namespace pprof::profiles
