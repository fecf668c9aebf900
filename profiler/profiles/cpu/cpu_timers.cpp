#include "profiler/profiles/cpu/cpu_timers.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "profiler/signal_safe/hooks/on_tick.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/process/denial.h"
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
struct Registered {
  ThreadRecord* record;
  bool own;
};
using Records = std::unordered_map<int32_t, Registered>;

Records ReadRecords() {
  Records records;
  thread_registry.ForEach([&](const signal_safe::ThreadFacts& thread, ThreadRecord& record) {
    records.emplace(thread.tid, Registered{&record, thread.own});
  });
  return records;
}

// For a moment the kernel lists a new thread that has no record yet.
bool IsOldEnough(const sys::TaskStat& stat) {
  constexpr uint64_t kTicksASecond = 100;  // USER_HZ, fixed in the kernel's interface
  constexpr uint64_t kGraceTicks = 5;
  const uint64_t now_ticks = sys::BootNanos() / (1000000000 / kTicksASecond);
  return now_ticks > stat.start_ticks + kGraceTicks;
}

bool BlocksTicks(int32_t tid) { return sys::ThreadBlocksSignal(tid, sys::ProfilingSignal()); }

}  // namespace

std::vector<int32_t> ListThreads() {
  std::vector<int32_t> tids = sys::ListTasks();
  if (std::binary_search(tids.begin(), tids.end(), sys::ThreadId())) return tids;
  tids = {sys::ProcessId()};
  thread_registry.ForEach(
      [&](const signal_safe::ThreadFacts& thread, ThreadRecord&) { tids.push_back(thread.tid); });
  std::sort(tids.begin(), tids.end());
  tids.erase(std::unique(tids.begin(), tids.end()), tids.end());
  return tids;
}

void CpuTimers::Begin(uint64_t interval_nanos) {
  error_ = 0;
  cpu_sampling.tick_nanos.store(sys::KernelTickNanos());
  cpu_sampling.interval_nanos.store(signal_safe::SampleNanos(interval_nanos));
}

std::vector<int32_t> CpuTimers::LookAtThreads(const ClockVisitor& on_clock) {
  std::vector<int32_t> tids = ListThreads();
  const Records records = ReadRecords();
  bool refused = false;
  why_.clear();
  for (const int32_t tid : tids) {
    const auto record = records.find(tid);
    const bool registered = record != records.end();
    const bool armed =
        registered ? Arm(tid, *record->second.record, record->second.own) : ArmUnregistered(tid);
    uint64_t cpu = 0;
    if (!sys::ThreadCpuNanos(tid, &cpu)) continue;
    // A thread that has just ended was not refused a timer.
    const bool ended = registered && record->second.record->tid.load() != tid;
    if (!armed && !ended && why_.count(tid) == 0) refused = true;
    on_clock(tid, cpu);
  }
  for (auto at = unregistered_.begin(); at != unregistered_.end();) {
    const bool needless = records.count(at->first) != 0 || !sys::IsTask(at->first);
    if (needless) sys::DeleteTimer(at->second);
    at = needless ? unregistered_.erase(at) : std::next(at);
  }
  if (refused && error_ == 0) {
    if (const int error = sys::CpuTimerError()) UseProcessTimer(error);
  }
  return tids;
}

Unsampled CpuTimers::Why(int32_t tid) const {
  const auto found = why_.find(tid);
  return found == why_.end() ? Unsampled::kNo : found->second;
}

// Both: true: it has a timer, or needs none yet. False: it was refused one, or why_ says why not.
bool CpuTimers::Arm(int32_t tid, ThreadRecord& record, bool own) {
  if (record.cpu_timer.load() != signal_safe::kTimerNone) return true;
  if (BlocksTicks(tid)) {
    why_[tid] = own ? Unsampled::kProfiler : Unsampled::kSignalBlocked;
    return false;
  }
  return signal_safe::ArmCpuTimer(&record, tid);
}

// For the main thread, threads older than the profiler, and those that bypass pthread_create. They
// are few; one that blocks the signal later on may do so to wait for signals.
bool CpuTimers::ArmUnregistered(int32_t tid) {
  const auto armed = unregistered_.find(tid);
  sys::TaskStat stat;
  if (armed == unregistered_.end()) {
    if (!sys::ReadTaskStat(tid, &stat)) return true;
    if (stat.kernel_worker) {
      const bool io_uring = stat.name.compare(0, 4, "iou-") == 0;
      why_[tid] = io_uring ? Unsampled::kIoUring : Unsampled::kKernelWorker;
      return false;
    }
    if (tid != sys::ProcessId() && !IsOldEnough(stat)) return true;
  }
  if (BlocksTicks(tid)) {
    why_[tid] = Unsampled::kSignalBlocked;
    if (armed == unregistered_.end()) return false;
    sys::DeleteTimer(armed->second);
    unregistered_.erase(armed);
    return false;
  }
  if (armed != unregistered_.end()) return true;
  const int timer = signal_safe::StartTicks(tid);
  if (timer == sys::kNoTimer) return false;
  unregistered_[tid] = timer;
  return true;
}

// It ticks for whichever thread runs, and so less exactly: on several CPUs at once for one thread
// only. Threads have none beside it, which would count twice.
void CpuTimers::UseProcessTimer(int error) {
  error_ = error;
  cpu_sampling.by_process.store(true);
  DeleteThreadTimers();
  by_process_ = signal_safe::StartProcessTicks();
}

std::string CpuTimers::Refusal() const {
  if (error_ == 0) return "";
  const std::string text =
      "the kernel refuses timers for single threads (" + sys::DenialText("timer_create", error_);
  return text + (by_process_ ? "): one timer for the whole process took the samples"
                             : ") and for the whole process (setitimer): there are no samples");
}

// Includes timers of threads that ended without releasing their record.
void CpuTimers::DeleteThreadTimers() {
  thread_registry.ForEachEver([](ThreadRecord& record) { signal_safe::DisarmCpuTimer(&record); });
  for (const auto& entry : unregistered_) sys::DeleteTimer(entry.second);
  unregistered_.clear();
}

void CpuTimers::End() {
  cpu_sampling.interval_nanos.store(0);
  DeleteThreadTimers();
  if (by_process_) sys::SetProcessTimer(0);
  by_process_ = false;
  cpu_sampling.by_process.store(false);
}

}  // namespace pprof::profiles
