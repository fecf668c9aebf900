// The system calls by which the wall-clock window inspects the threads of this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "profiler/profiles/threads/blocked_stack.h"
#include "profiler/profiles/threads/thread_dump.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/time/clock.h"

namespace pprof::profiles {

// Thread safety: none. Not async-signal-safe.
class LiveThreads {
 public:
  // Held while many threads are inspected.
  using Folder = sys::ScopedTaskFolder;

  uint64_t Now() const { return sys::MonotonicNanos(); }
  size_t Count() const { return sys::CountTasks(); }
  std::vector<int32_t> List() const { return sys::ListTasks(); }
  // False: there are more, which cannot be told from the program's.
  bool Own(std::unordered_set<int32_t>* own) const { return OwnThreads(own); }

  // One thread's values; false: it is gone, or the kernel hides them.
  bool CpuNanos(int32_t tid, uint64_t* nanos) const { return sys::ThreadCpuNanos(tid, nanos); }
  bool RunDelayNanos(int32_t tid, uint64_t* nanos) const {
    return sys::ThreadRunDelayNanos(tid, nanos);
  }
  bool Waits(int32_t tid) const {
    sys::TaskStat stat;
    return sys::ReadTaskStat(tid, &stat) && stat.state != 'R';
  }
  bool IsKernelWorker(int32_t tid) const {
    sys::TaskStat stat;
    return sys::ReadTaskStat(tid, &stat) && stat.kernel_worker;
  }
  // REQUIRES: once a look that finds a new stack. A linear search: the registry has no index by id.
  uint32_t LabelsOf(int32_t wanted) const;
  BlockedRead ReadStack(int32_t tid, BlockedStack* stack) { return reader_.Read(tid, stack); }

 private:
  BlockedStackReader reader_;
};

}  // namespace pprof::profiles
