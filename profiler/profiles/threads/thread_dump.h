// All threads of the process, now: what each does, since when, and its stack.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "pprof/status.h"
#include "profiler/signal_safe/tables/counted_stack.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {

struct ThreadView {
  int32_t tid = 0;
  sys::TaskStat stat;
  sys::TaskSyscall call;
  uint64_t cpu_nanos = 0;
  std::vector<uintptr_t> pcs;  // leaf first, the leaf exact; ours are cut
  bool truncated = false;
  std::string no_stack_because;  // set when pcs is empty
  uint32_t label_set = 0;
  int32_t creator_tid = 0;                                // 0: unknown
  const signal_safe::CountedStack* created_at = nullptr;  // nullptr: unknown
  bool on_cpu = false;                                    // used CPU time during the dump
  int64_t last_ran = 0;  // sys::ReadLastRan, of threads that wait; 0: unknown, or not wanted
  bool ours = false;     // a thread of this profiler
};

// The profiler's own threads, by id, with all that were listed before the call. Thread safety:
// safe. Not signal-safe: allocates.
std::unordered_set<int32_t> OwnThreads();

struct DumpOptions {
  bool with_own = false;         // the profiler's threads too
  bool with_wait_times = false;  // ThreadView::last_ran
};

// Every thread has an entry, ascending by id. Nothing is done to threads that wait; running ones
// get a signal. Most of the time goes into the kernel's files, two or three a thread: from 256
// threads on several CPUs share the work.
// Thread safety: safe. Not signal-safe. Errors: kUnsupported when /proc/self/task is not there.
Result<std::vector<ThreadView>> DumpThreads(const DumpOptions& options);

}  // namespace pprof::profiles
