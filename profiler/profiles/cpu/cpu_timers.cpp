#include "profiler/profiles/cpu/cpu_timers.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "profiler/signal_safe/hooks/on_tick.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/cpu_timer.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/thread_signal.h"
#include "profiler/sys/time/clock.h"

namespace pprof::profiles {
namespace {

using signal_safe::cpu_sampling;
using signal_safe::thread_registry;
using signal_safe::ThreadRecord;
using Records = std::unordered_map<int32_t, ThreadRecord*>;

Records ReadRecords() {
  Records records;
  thread_registry.ForEach(
      [&](int32_t tid, ThreadRecord& record) { records.emplace(tid, &record); });
  return records;
}

// For a moment the kernel lists a new thread that has no record yet.
bool IsOldEnough(int32_t tid) {
  constexpr uint64_t kTicksASecond = 100;  // USER_HZ, fixed in the kernel's interface
  constexpr uint64_t kGraceTicks = 5;
  sys::TaskStat stat;
  if (!sys::ReadTaskStat(tid, &stat)) return false;
  const uint64_t now_ticks = sys::BootNanos() / (1000000000 / kTicksASecond);
  return now_ticks > stat.start_ticks + kGraceTicks;
}

}  // namespace

std::vector<int32_t> ListThreads() {
  std::vector<int32_t> tids = sys::ListTasks();
  if (std::binary_search(tids.begin(), tids.end(), sys::ThreadId())) return tids;
  tids = {sys::ProcessId()};
  thread_registry.ForEach([&](int32_t tid, ThreadRecord&) { tids.push_back(tid); });
  std::sort(tids.begin(), tids.end());
  tids.erase(std::unique(tids.begin(), tids.end()), tids.end());
  return tids;
}

void CpuTimers::Begin(uint64_t interval_nanos) {
  refused_.clear();
  cpu_sampling.interval_nanos.store(interval_nanos);
}

std::vector<int32_t> CpuTimers::LookAtThreads(const ClockVisitor& on_clock) {
  std::vector<int32_t> tids = ListThreads();
  const Records records = ReadRecords();
  for (const int32_t tid : tids) {
    const auto record = records.find(tid);
    const bool registered = record != records.end();
    const bool armed =
        registered ? signal_safe::ArmCpuTimer(record->second, tid) : ArmUnregistered(tid);
    uint64_t cpu = 0;
    if (!sys::ThreadCpuNanos(tid, &cpu)) continue;
    // A thread that has just ended was not refused a timer.
    const bool ended = registered && record->second->tid.load() != tid;
    if (!armed && !ended) refused_.insert(tid);
    on_clock(tid, cpu);
  }
  for (auto at = unregistered_.begin(); at != unregistered_.end();) {
    const bool needless = records.count(at->first) != 0 || !sys::IsTask(at->first);
    if (needless) sys::DeleteTimer(at->second);
    at = needless ? unregistered_.erase(at) : std::next(at);
  }
  return tids;
}

// For the main thread, threads older than the profiler, and those that bypass pthread_create. True:
// it has a timer, or needs none yet.
bool CpuTimers::ArmUnregistered(int32_t tid) {
  if (unregistered_.count(tid) != 0 || (tid != sys::ProcessId() && !IsOldEnough(tid))) return true;
  const uint64_t interval = cpu_sampling.interval_nanos.load();
  const uint64_t first = signal_safe::RandomFirstExpiry(interval);
  const int timer = sys::StartCpuTimer(tid, sys::ProfilingSignal(), interval, first);
  if (timer == sys::kNoTimer) return false;
  unregistered_[tid] = timer;
  return true;
}

// Includes timers of threads that ended without releasing their record.
void CpuTimers::End() {
  cpu_sampling.interval_nanos.store(0);
  thread_registry.ForEachEver([](ThreadRecord& record) { signal_safe::DisarmCpuTimer(&record); });
  for (const auto& entry : unregistered_) sys::DeleteTimer(entry.second);
  unregistered_.clear();
}

}  // namespace pprof::profiles
