// "profile": CPU time by stack.
#include <fmt/format.h>

#include "profiler/profiles/builtin.h"
#include "profiler/profiles/cpu/cpu_sampler.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/tasks.h"

namespace pprof::profiles {
namespace {

class CpuRecorder : public Recorder {
 public:
  CpuRecorder(std::shared_ptr<CpuWindow> window, int hz)
      : window_(std::move(window)), hz_(hz), lost_before_(signal_safe::sample_ring.lost()) {}

  ~CpuRecorder() override {
    if (window_ != nullptr) End();  // the client left
  }
  CpuRecorder(const CpuRecorder&) = delete;
  CpuRecorder& operator=(const CpuRecorder&) = delete;

  Status Stop(SnapshotBuilder& builder) override {
    End();
    const int64_t interval_nanos = 1000000000 / hz_;
    builder.SetPeriod("cpu", "nanoseconds", interval_nanos);
    window_->WriteTo(builder);
    window_ = nullptr;
    if (const uint64_t lost = signal_safe::sample_ring.lost() - lost_before_) {
      builder.AddLost(lost);
      builder.AddNamed("pprof::LostSamples",
                       {static_cast<int64_t>(lost), 0});  // their time is in the thread's others
    }
    const std::string why = sys::WithOwnDescriptors([] { return sys::WhyNoTasks(); });
    if (!why.empty()) {
      builder.AddComment("threads that were not started by pthread_create are missing: " + why);
    }
    if (const size_t refused = CpuSampler::Get().threads_refused()) {
      builder.AddComment(fmt::format(
          "{} threads were not sampled: the kernel refused their timers (RLIMIT_SIGPENDING)",
          refused));
    }
    return {};
  }

 private:
  void End() {
    sys::RunWithOwnDescriptors([this] { CpuSampler::Get().End(window_); });
  }

  std::shared_ptr<CpuWindow> window_;
  const int hz_;
  const uint64_t lost_before_;
};

Result<std::unique_ptr<Recorder>> Record(int hz) {
  auto window = sys::WithOwnDescriptors([hz] { return CpuSampler::Get().Begin(hz); });
  if (!window.ok()) return window.status();
  return std::unique_ptr<Recorder>(new CpuRecorder(std::move(window).value(), hz));
}

}  // namespace

ProfileType CpuProfile() {
  ProfileType type;
  type.name = "profile";
  type.description =
      "CPU profile. You can specify the duration in the seconds GET parameter, and samples per "
      "second in hz.";
  type.values = {{"samples", "count", ValueType::Delta::kDifference},
                 {"cpu", "nanoseconds", ValueType::Delta::kDifference}};
  type.record = Record;
  return type;
}

}  // namespace pprof::profiles
