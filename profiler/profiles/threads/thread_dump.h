// All threads of the process: state, wait time and stack of each.
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
  std::vector<uintptr_t> pcs;  // leaf first, the leaf exact; without the profiler's frames
  signal_safe::StackEnd end = signal_safe::StackEnd::kRoot;
  std::string no_stack_because;  // not empty if pcs is empty
  uint32_t label_set = 0;
  int32_t creator_tid = 0;                                // 0: unknown
  const signal_safe::CountedStack* created_at = nullptr;  // nullptr: unknown
  bool on_cpu = false;                                    // used CPU time during the dump
  int64_t last_ran = 0;  // of waiting threads, from sys::ReadLastRan; 0: unknown or not requested
  bool ours = false;     // a profiler thread
};

// Adds the ids of the profiler's own threads, including all that were listed before the call.
// False: there are more: new ones that got no CPU yet. Thread safety: safe. Not async-signal-safe:
// allocates.
bool OwnThreads(std::unordered_set<int32_t>* own);

struct DumpOptions {
  bool with_own = false;         // includes the profiler's threads
  bool with_wait_times = false;  // fills ThreadView::last_ran
};

// One entry per thread, ascending by id. Waiting threads are not disturbed; running ones get a
// signal. Most of the time is spent reading two or three kernel files per thread: from 256 threads
// on, threads on several CPUs share the work.
// Thread safety: safe. Not async-signal-safe. Errors: kUnsupported without /proc/self/task.
Result<std::vector<ThreadView>> DumpThreads(const DumpOptions& options);

}  // namespace pprof::profiles
