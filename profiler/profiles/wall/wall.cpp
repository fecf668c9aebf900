// "wall": wall-clock time of all threads, running or waiting; like fgprof for Go.
#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <new>

#include "profiler/profiles/builtin.h"
#include "profiler/profiles/cpu/cpu_sampler.h"
#include "profiler/profiles/wall/wall_window.h"
#include "profiler/sys/process/process.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {
namespace {

struct TickingThread {
  sys::Mutex mutex;
  sys::CondVar wake;
  bool stopping PPROF_GUARDED_BY(mutex) = false;
  sys::OwnThread thread;
};

class WallRecorder : public Recorder {
 public:
  WallRecorder(int hz, Result<std::shared_ptr<CpuWindow>> on_cpu)
      : tick_(1000000000 / hz),
        on_cpu_(std::move(on_cpu)),
        window_(tick_, [this](int32_t tid, uint64_t nanos) {
          if (on_cpu_.ok()) CpuSampler::Get().AddWaitedToRun(*on_cpu_.value(), tid, nanos);
        }) {}

  ~WallRecorder() override {
    try {
      End();
    } catch (const std::bad_alloc&) {
      // It has ended; nobody reads it.
    }
  }
  WallRecorder(const WallRecorder&) = delete;
  WallRecorder& operator=(const WallRecorder&) = delete;

  bool Start() {
    thread_->thread = sys::OwnThread::Start("pprof-wall", [this] { Run(); });
    return thread_->thread.running();
  }

  Status Stop(SnapshotBuilder& builder) override {
    End();
    if (out_of_memory_) return {StatusCode::kInternal, "the process was out of memory meanwhile"};
    builder.SetPeriod("wallclock", "nanoseconds", tick_.count());
    if (!on_cpu_.ok()) {
      builder.AddComment("time on CPUs has no stacks: " + on_cpu_.status().message());
    }
    window_.WriteTo(on_cpu_.ok() ? on_cpu_.value().get() : nullptr, builder);
    return {};
  }

 private:
  void Run() {
    sys::UnshareDescriptors();
    try {
      TickUntilStopped();
    } catch (const std::bad_alloc&) {
      out_of_memory_ = true;
    }
  }

  void TickUntilStopped() {
    const sys::MutexLock lock(thread_->mutex);
    auto next = std::chrono::steady_clock::now() + tick_;
    while (!thread_->stopping) {
      thread_->wake.WaitUntil(thread_->mutex, next);
      if (thread_->stopping) break;
      window_.Tick();
      // A late tick is not made up for: the clocks account for the time.
      next = std::max(next + tick_, std::chrono::steady_clock::now());
    }
    window_.Finish();
  }

  void End() {
    if (ended_) return;
    ended_ = true;
    if (sys::ProcessGeneration() != process_) {
      // In a forked child the thread does not exist, and the objects it waits on must not be
      // destroyed.
      static_cast<void>(thread_.release());
      return;
    }
    {
      const sys::MutexLock lock(thread_->mutex);
      thread_->stopping = true;
    }
    thread_->wake.NotifyAll();
    thread_->thread.Join();
    if (!on_cpu_.ok()) return;
    CpuSampler::End(on_cpu_.value());
  }

  const uint32_t process_ = sys::ProcessGeneration();
  const std::chrono::nanoseconds tick_;
  Result<std::shared_ptr<CpuWindow>> on_cpu_;
  WallWindow window_;  // used only by the thread until it is joined
  std::unique_ptr<TickingThread> thread_ = std::make_unique<TickingThread>();
  std::atomic<bool> out_of_memory_{false};
  bool ended_ = false;
};

Result<std::unique_ptr<Recorder>> StartRecorder(int hz) {
  if (hz < 1 || hz > 1000) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("invalid value {} for \"hz\" - must be 1 to 1000", hz));
  }
  if (const std::string why = sys::WhyNoTasks(); !why.empty()) {
    return Status(StatusCode::kUnsupported, "no wall clock profile: " + why);
  }
  const auto on_cpu = CpuSampler::Get().BeginAtAnyRate(hz);
  try {
    auto recorder = std::make_unique<WallRecorder>(hz, on_cpu);
    if (recorder->Start()) return std::unique_ptr<Recorder>(std::move(recorder));
  } catch (const std::bad_alloc&) {
    if (on_cpu.ok()) CpuSampler::End(on_cpu.value());
    throw;
  }
  return Status(StatusCode::kInternal, "no thread could be started for the wall clock profile");
}

Result<std::unique_ptr<Recorder>> Record(int hz) {
  return sys::WithOwnDescriptors([hz] { return StartRecorder(hz); });
}

}  // namespace

ProfileType WallProfile() {
  ProfileType type;
  type.name = "wall";
  type.description =
      "Wall clock profile of all threads, running and waiting. You can specify the duration in the "
      "seconds GET parameter, and samples per second in hz.";
  type.values = {{"samples", "count", ValueType::Delta::kDifference},
                 {"time", "nanoseconds", ValueType::Delta::kDifference}};
  type.record = Record;
  return type;
}

}  // namespace pprof::profiles
