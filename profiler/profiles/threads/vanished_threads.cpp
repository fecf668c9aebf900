#include "profiler/profiles/threads/vanished_threads.h"

#include <algorithm>

#include "profiler/signal_safe/hooks/on_thread.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {

void DropVanishedThreads(const std::vector<int32_t>& alive) {
  signal_safe::thread_registry.ForEach(
      [&](const signal_safe::ThreadFacts& thread, signal_safe::ThreadRecord& record) {
        if (std::binary_search(alive.begin(), alive.end(), thread.tid)) return;
        // A thread that is not in the list may also be newer than it.
        if (!sys::IsTask(thread.tid)) signal_safe::OnThreadVanished(&record, thread.tid);
      });
}

}  // namespace pprof::profiles
