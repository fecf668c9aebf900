#include "profiler/profiles/cpu/cpu_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <unordered_map>

#include "profiler/profiles/per_process.h"
#include "profiler/signal_safe/hooks/on_tick.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/process/process_id.h"
#include "profiler/sys/thread/cpu_timer.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/thread_signal.h"
#include "profiler/sys/time/monotonic_clock.h"

namespace pprof::profiles {
namespace {

using Clock = std::chrono::steady_clock;
using signal_safe::cpu_sampling;
using signal_safe::sample_ring;
using signal_safe::thread_registry;
using signal_safe::ThreadRecord;

constexpr std::chrono::milliseconds kDrainEvery{20};
// Only threads outside pthread_create need it. With 1,000 threads a look takes 2 ms: it then comes
// less often, so that looking takes at most 1 % of a CPU.
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr int kRestAfterLook = 100;

using Records = std::unordered_map<int32_t, ThreadRecord*>;

Records ReadRecords() {
  Records records;
  thread_registry.ForEach(
      [&](int32_t tid, ThreadRecord& record) { records.emplace(tid, &record); });
  return records;
}

// A thread in its first moments is listed by the kernel before it has told us of itself.
bool IsOldEnough(int32_t tid) {
  constexpr uint64_t kTicksASecond = 100;  // USER_HZ, fixed in the kernel's interface
  constexpr uint64_t kGraceTicks = 5;
  sys::TaskStat stat;
  if (!sys::ReadTaskStat(tid, &stat)) return false;
  const uint64_t now_ticks = sys::BootNanos() / (1000000000 / kTicksASecond);
  return now_ticks > stat.start_ticks + kGraceTicks;
}

}  // namespace

CpuSampler& CpuSampler::Get() { return PerProcess<CpuSampler>(); }

Result<std::shared_ptr<CpuWindow>> CpuSampler::Begin(int hz) {
  if (hz < 1 || hz > 1000) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("invalid value {} for \"hz\" - must be 1 to 1000", hz));
  }
  std::unique_lock<std::mutex> lock(mutex_);
  while (stopping_) wake_.wait(lock);
  if (!windows_.empty() && hz != hz_) {
    return Status(StatusCode::kConflict,
                  fmt::format("the CPU is being recorded at {} Hz by another request; ask for "
                              "hz={}, or again when it has ended",
                              hz_, hz_));
  }
  return BeginLocked(hz);
}

Result<std::shared_ptr<CpuWindow>> CpuSampler::BeginAtAnyRate(int hz) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (stopping_) wake_.wait(lock);
  return BeginLocked(windows_.empty() ? hz : hz_);
}

// REQUIRES: mutex_ is held, hz is the rate that is being recorded, if one is.
Result<std::shared_ptr<CpuWindow>> CpuSampler::BeginLocked(int hz) {
  if (windows_.empty()) {
    const Status started = StartSampling(hz);
    if (!started.ok()) return started;
  }
  Drain();  // what happened before goes to the others only
  auto window = std::make_shared<CpuWindow>(uint64_t{1000000000} / static_cast<uint64_t>(hz));
  for (const int32_t tid : sys::ListTasks()) {
    uint64_t cpu = 0;
    if (sys::ThreadCpuNanos(tid, &cpu)) window->AddThread(tid, cpu);
  }
  windows_.insert(window);
  return window;
}

void CpuSampler::End(const std::shared_ptr<CpuWindow>& window) {
  std::unique_lock<std::mutex> lock(mutex_);
  Drain();
  for (const int32_t tid : sys::ListTasks()) {
    uint64_t cpu = 0;
    if (sys::ThreadCpuNanos(tid, &cpu)) window->OnClock(tid, cpu);
  }
  if (windows_.erase(window) != 0 && windows_.empty()) StopSampling(lock);
}

void CpuSampler::AddWaitedToRun(CpuWindow& window, int32_t tid, uint64_t nanos) {
  const std::lock_guard<std::mutex> lock(mutex_);
  window.AddWaitedToRun(tid, nanos);
}

size_t CpuSampler::threads_refused() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return refused_.size();
}

Status CpuSampler::StartSampling(int hz) {
  const int signal = sys::ProfilingSignal();
  const sys::SignalOwner owner = sys::OwnerOfSignal(signal, signal_safe::OnTick);
  if (owner == sys::SignalOwner::kForeign) {
    return {StatusCode::kConflict, "Could not enable CPU profiling: SIGPROF is handled by " +
                                       sys::FileOfHandler(signal) + "; stop that profiler first"};
  }
  if (!sample_ring.Prepare()) {
    return {StatusCode::kInternal,
            "Could not enable CPU profiling: no memory for 2 MiB of samples"};
  }
  sample_ring.Drain([](const signal_safe::RingSample&) {});  // leftovers
  if (!sys::InstallHandler(signal, signal_safe::OnTick)) {
    return {StatusCode::kInternal, "Could not enable CPU profiling: sigaction refused SIGPROF"};
  }
  hz_ = hz;
  was_ignored_ = owner == sys::SignalOwner::kIgnored;
  refused_.clear();
  cpu_sampling.interval_nanos.store(uint64_t{1000000000} / static_cast<uint64_t>(hz));
  LookAtThreads();
  drain_thread_ = sys::StartOwnThread("pprof-cpu", [this] { RunDrain(); });
  if (drain_thread_.joinable()) return {};
  cpu_sampling.interval_nanos.store(0);
  DisarmAll();
  GiveSignalBack();
  return {StatusCode::kInternal, "Could not enable CPU profiling: no thread could be started"};
}

// In this order: no new timers; no timers; no pending signals; only then the default action, which
// would kill.
void CpuSampler::StopSampling(std::unique_lock<std::mutex>& lock) {
  cpu_sampling.interval_nanos.store(0);
  DisarmAll();
  GiveSignalBack();
  stopping_ = true;
  wake_.notify_all();
  lock.unlock();
  drain_thread_.join();
  lock.lock();
  stopping_ = false;
  wake_.notify_all();
}

// Another profiler that came after us has put its own handler there: it stays.
void CpuSampler::GiveSignalBack() {
  const int signal = sys::ProfilingSignal();
  if (sys::OwnerOfSignal(signal, signal_safe::OnTick) != sys::SignalOwner::kOurs) return;
  sys::ResetSignal(signal, was_ignored_ ? sys::SignalOwner::kIgnored : sys::SignalOwner::kDefault);
}

void CpuSampler::RunDrain() {
  std::unique_lock<std::mutex> lock(mutex_);
  auto next_look = Clock::now() + kLookEvery;
  while (!stopping_) {
    wake_.wait_for(lock, kDrainEvery);
    Drain();
    const auto begin = Clock::now();
    if (stopping_ || begin < next_look) continue;
    LookAtThreads();
    const auto end = Clock::now();
    next_look = end + std::max<Clock::duration>(kLookEvery, kRestAfterLook * (end - begin));
  }
}

void CpuSampler::Drain() {
  sample_ring.Drain([this](const signal_safe::RingSample& sample) {
    for (const auto& window : windows_) window->OnSample(sample);
  });
}

// Threads without a timer get one; clocks are noted for the case that a thread ends untold.
void CpuSampler::LookAtThreads() {
  const std::vector<int32_t> tids = sys::ListTasks();
  const Records records = ReadRecords();
  for (const int32_t tid : tids) {
    const auto told = records.find(tid);
    const bool armed = told == records.end() ? LookAtUntoldThread(tid)
                                             : signal_safe::ArmCpuTimer(told->second, tid);
    uint64_t cpu = 0;
    if (!sys::ThreadCpuNanos(tid, &cpu)) continue;
    // Of those that ended meanwhile nothing is said.
    const bool ended = told != records.end() && told->second->tid.load() != tid;
    if (!armed && !ended) refused_.insert(tid);
    for (const auto& window : windows_) window->OnClock(tid, cpu);
  }
  for (const auto& window : windows_) window->ForgetEnded(tids);
  for (auto at = untold_timers_.begin(); at != untold_timers_.end();) {
    const bool needless = records.count(at->first) != 0 || !sys::IsTask(at->first);
    if (needless) sys::DeleteTimer(at->second);
    at = needless ? untold_timers_.erase(at) : std::next(at);
  }
}

// The main thread, threads from before us, and those that bypass pthread_create. True: it has a
// timer, or needs none yet.
bool CpuSampler::LookAtUntoldThread(int32_t tid) {
  if (untold_timers_.count(tid) != 0 || (tid != sys::ProcessId() && !IsOldEnough(tid))) return true;
  const uint64_t interval = cpu_sampling.interval_nanos.load();
  const uint64_t first = signal_safe::RandomFirstExpiry(interval);
  const int timer = sys::StartCpuTimer(tid, sys::ProfilingSignal(), interval, first);
  if (timer == sys::kNoTimer) return false;
  untold_timers_[tid] = timer;
  return true;
}

// Also the timers of threads that ended without telling.
void CpuSampler::DisarmAll() {
  thread_registry.ForEachEver([](ThreadRecord& record) { signal_safe::DisarmCpuTimer(&record); });
  for (const auto& entry : untold_timers_) sys::DeleteTimer(entry.second);
  untold_timers_.clear();
}

}  // namespace pprof::profiles
