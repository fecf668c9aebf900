#include "profiler/profiles/cpu/cpu_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <new>
#include <utility>

#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/sys/process/per_process.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/time/clock.h"

namespace pprof::profiles {
namespace {

using Clock = std::chrono::steady_clock;
using signal_safe::sample_ring;

sys::PerProcess<CpuSampler> sampler_of_process;

constexpr std::chrono::milliseconds kDrainEvery{20};
// Only needed for threads created outside pthread_create. With 1,000 threads a pass takes 2 ms: the
// pause is extended so that passes take at most 1 % of a CPU.
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr int kRestAfterLook = 100;

}  // namespace

CpuSampler& CpuSampler::Get() { return sampler_of_process.Get(); }

Result<std::shared_ptr<CpuWindow>> CpuSampler::Begin(int hz) {
  if (hz < 1 || hz > 1000) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("invalid value {} for \"hz\" - must be 1 to 1000", hz));
  }
  const sys::MutexLock lock(mutex_);
  AwaitStopped();
  if (!windows_.empty() && hz != hz_) {
    return Status(StatusCode::kConflict,
                  fmt::format("a CPU recording at {} Hz is running; use hz={}, or retry when it "
                              "has ended",
                              hz_, hz_));
  }
  return BeginLocked(hz);
}

Result<std::shared_ptr<CpuWindow>> CpuSampler::BeginAtAnyRate(int hz) {
  const sys::MutexLock lock(mutex_);
  AwaitStopped();
  return BeginLocked(windows_.empty() ? hz : hz_);
}

void CpuSampler::AwaitStopped() {
  while (stopping_) wake_.Wait(mutex_);
}

// REQUIRES: hz is the rate of the running recording, if there is one.
Result<std::shared_ptr<CpuWindow>> CpuSampler::BeginLocked(int hz) {
  if (windows_.empty()) {
    if (const Status started = StartSampling(hz); !started.ok()) return started;
  }
  try {
    return OpenWindow(hz);
  } catch (const std::bad_alloc&) {
    if (windows_.empty()) StopSampling();
    throw;
  }
}

Result<std::shared_ptr<CpuWindow>> CpuSampler::OpenWindow(int hz) {
  Drain();  // earlier samples belong to the other windows only
  auto window = std::make_shared<CpuWindow>(uint64_t{1000000000} / static_cast<uint64_t>(hz),
                                            sys::KernelTickNanos());
  for (const int32_t tid : sys::ListTasks()) {
    uint64_t cpu = 0;
    if (sys::ThreadCpuNanos(tid, &cpu)) window->AddThread(tid, cpu);
  }
  windows_.insert(window);
  return window;
}

void CpuSampler::End(const std::shared_ptr<CpuWindow>& window) {
  CpuSampler& sampler = Get();
  try {
    sys::RunWithOwnDescriptors([&] { sampler.Finish(window); });
  } catch (...) {
    sampler.Remove(window);
    throw;
  }
  sampler.Remove(window);
}

void CpuSampler::Finish(const std::shared_ptr<CpuWindow>& window) {
  const sys::MutexLock lock(mutex_);
  Drain();
  for (const int32_t tid : sys::ListTasks()) {
    uint64_t cpu = 0;
    if (sys::ThreadCpuNanos(tid, &cpu)) window->OnClock(tid, cpu, timers_.Why(tid));
  }
}

// Needs no memory.
void CpuSampler::Remove(const std::shared_ptr<CpuWindow>& window) {
  const sys::MutexLock lock(mutex_);
  if (windows_.erase(window) != 0 && windows_.empty()) StopSampling();
}

void CpuSampler::AddWaitedToRun(CpuWindow& window, int32_t tid, uint64_t nanos) {
  const sys::MutexLock lock(mutex_);
  window.AddWaitedToRun(tid, nanos);
}

std::string CpuSampler::TimerRefusal() {
  const sys::MutexLock lock(mutex_);
  return timers_.Refusal();
}

bool CpuSampler::was_out_of_memory() {
  const sys::MutexLock lock(mutex_);
  return was_out_of_memory_;
}

Status CpuSampler::StartSampling(int hz) {
  if (!sample_ring.Prepare()) {
    return {StatusCode::kInternal,
            "Could not enable CPU profiling: no memory for 2 MiB of samples"};
  }
  sample_ring.Drain([](const signal_safe::RingSample&) {});  // leftovers
  if (Status taken = signal_.Take(); !taken.ok()) return taken;
  hz_ = hz;
  was_out_of_memory_ = false;
  timers_.Begin(uint64_t{1000000000} / static_cast<uint64_t>(hz));
  try {
    LookAtThreads();
    drain_thread_ = sys::OwnThread::Start("pprof-cpu", [this] { RunDrain(); });
  } catch (const std::bad_alloc&) {
    // As without a thread: switches everything off again.
  }
  if (drain_thread_.running()) return {};
  timers_.End();
  signal_.GiveBack();
  return {StatusCode::kInternal, "Could not enable CPU profiling: no thread could be started"};
}

// In this order: delete timers, discard pending signals, and only then restore the default action,
// which would kill the process.
void CpuSampler::StopSampling() {
  timers_.End();
  signal_.GiveBack();
  stopping_ = true;
  wake_.NotifyAll();
  sys::OwnThread ending = std::move(drain_thread_);
  mutex_.unlock();
  ending.Join();
  mutex_.lock();
  stopping_ = false;
  wake_.NotifyAll();
}

void CpuSampler::RunDrain() {
  sys::UnshareDescriptors();
  const sys::MutexLock lock(mutex_);
  auto next_look = Clock::now() + kLookEvery;
  while (!stopping_) {
    wake_.WaitFor(mutex_, kDrainEvery);
    try {
      Drain();
      const auto begin = Clock::now();
      if (stopping_ || begin < next_look) continue;
      LookAtThreads();
      const auto end = Clock::now();
      next_look = end + std::max<Clock::duration>(kLookEvery, kRestAfterLook * (end - begin));
    } catch (const std::bad_alloc&) {
      was_out_of_memory_ = true;
    }
  }
}

// Arms timers for threads without one; notes clocks, for threads that end unreported.
void CpuSampler::LookAtThreads() {
  const auto on_clock = [this](int32_t tid, uint64_t cpu_nanos) PPROF_REQUIRES(mutex_) {
    for (const auto& window : windows_) window->OnClock(tid, cpu_nanos, timers_.Why(tid));
  };
  const std::vector<int32_t> tids = timers_.LookAtThreads(on_clock);
  for (const auto& window : windows_) window->ForgetEnded(tids);
}

void CpuSampler::Drain() {
  // A std::function, since the thread safety analysis looks into templates of ours, where it has
  // lost sight of the mutex.
  const std::function<void(const signal_safe::RingSample&)> on_sample =
      [this](const signal_safe::RingSample& sample) PPROF_REQUIRES(mutex_) {
        for (const auto& window : windows_) window->OnSample(sample);
      };
  sample_ring.Drain(on_sample);
}

}  // namespace pprof::profiles
