// "wall": where all threads spend wall clock time, running or waiting; Go users know it as fgprof.
#include "profiler/profiles/wall.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "profiler/profiles/cpu_sampler.h"
#include "profiler/profiles/wall_window.h"
#include "profiler/sys/own_thread.h"

namespace pprof::profiles {
namespace {

class WallRecorder : public Recorder {
 public:
  WallRecorder(int hz, Result<std::shared_ptr<CpuWindow>> on_cpu)
      : tick_(1000000000 / hz), window_(tick_), on_cpu_(std::move(on_cpu)) {}

  ~WallRecorder() override { End(); }

  bool Start() {
    thread_ = sys::StartOwnThread("pprof-wall", [this] { Run(); });
    return thread_.joinable();
  }

  Status Stop(SnapshotBuilder& builder) override {
    End();
    builder.SetPeriod("wallclock", "nanoseconds", tick_.count());
    if (!on_cpu_.ok()) {
      builder.AddComment("time on CPUs has no stacks: " + on_cpu_.status().message());
    }
    window_.WriteTo(on_cpu_.ok() ? on_cpu_.value().get() : nullptr, builder);
    return {};
  }

 private:
  void Run() {
    std::unique_lock<std::mutex> lock(mutex_);
    auto next = std::chrono::steady_clock::now() + tick_;
    while (!stopping_) {
      wake_.wait_until(lock, next);
      if (stopping_) break;
      window_.Tick();
      // A tick that came late is not made up for: the clocks account for the time anyway.
      next = std::max(next + tick_, std::chrono::steady_clock::now());
    }
    window_.Finish();
  }

  void End() {
    if (ended_) return;
    ended_ = true;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    if (on_cpu_.ok()) CpuSampler::Get().End(on_cpu_.value());
  }

  const std::chrono::nanoseconds tick_;
  WallWindow window_;  // the thread's until it is joined
  Result<std::shared_ptr<CpuWindow>> on_cpu_;
  std::mutex mutex_;  // guards stopping_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
  bool ended_ = false;
};

Result<std::unique_ptr<Recorder>> Record(int hz) {
  if (hz < 1 || hz > 1000) {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("invalid value {} for \"hz\" - must be 1 to 1000", hz));
  }
  auto recorder = std::make_unique<WallRecorder>(hz, CpuSampler::Get().BeginAtAnyRate(hz));
  if (!recorder->Start()) {
    return Status(StatusCode::kInternal, "no thread could be started for the wall clock profile");
  }
  return std::unique_ptr<Recorder>(std::move(recorder));
}

}  // namespace

ProfileType WallProfile() {
  ProfileType type;
  type.name = "wall";
  type.description =
      "Wall clock profile of all threads, running and waiting. You can specify the duration in the "
      "seconds GET parameter, and samples per second in hz.";
  type.values = {{"samples", "count", ValueType::Kind::kTotal},
                 {"time", "nanoseconds", ValueType::Kind::kTotal}};
  type.record = Record;
  return type;
}

}  // namespace pprof::profiles
