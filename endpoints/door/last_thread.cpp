#include "endpoints/door/last_thread.h"

#include <algorithm>
#include <vector>

#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::http {
namespace {

// A thread that cannot be read has ended.
bool IsLeft(int32_t tid, sys::TaskStat* stat) {
  return sys::ReadTaskStat(tid, stat) && stat->state != 'Z' && stat->state != 'X';
}

bool IsOfProgram(int32_t tid) {
  sys::TaskStat stat;
  return IsLeft(tid, &stat) && !sys::HasOwnName(stat.name);
}

}  // namespace

bool MainThreadHasEnded() {
  sys::TaskStat stat;
  return sys::ReadTaskStat(sys::ProcessId(), &stat) && stat.state == 'Z';
}

bool OnlyOurThreadsAreLeft() {
  const std::vector<int32_t> tids = sys::ListTasks();
  return !tids.empty() && std::none_of(tids.begin(), tids.end(), IsOfProgram);
}

}  // namespace pprof::http
