#include "profiler/profiles/vanished_threads.h"

#include <algorithm>

#include "profiler/signal_safe/on_thread.h"
#include "profiler/signal_safe/thread_registry.h"
#include "profiler/sys/tasks.h"

namespace pprof::profiles {

void DropVanishedThreads(const std::vector<int32_t>& alive) {
  signal_safe::thread_registry.ForEach(
      [](void* context, signal_safe::ThreadRecord& record) {
        const auto& living = *static_cast<const std::vector<int32_t>*>(context);
        const int32_t tid = record.tid.load(std::memory_order_acquire);
        if (tid == 0 || std::binary_search(living.begin(), living.end(), tid)) return;
        // Not in the list may also mean: younger than the list.
        if (!sys::IsTask(tid)) signal_safe::OnThreadVanished(&record, tid);
      },
      const_cast<std::vector<int32_t>*>(&alive));
}

}  // namespace pprof::profiles
