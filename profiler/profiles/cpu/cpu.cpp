// "profile": CPU time by stack.
#include <new>
#include <string>

#include "profiler/profiles/builtin.h"
#include "profiler/profiles/cpu/cpu_sampler.h"
#include "profiler/signal_safe/tables/sample_ring.h"
#include "profiler/sys/thread/own_descriptors.h"

namespace pprof::profiles {
namespace {

class CpuRecorder : public Recorder {
 public:
  CpuRecorder(std::shared_ptr<CpuWindow> window, int hz)
      : window_(std::move(window)), hz_(hz), lost_before_(signal_safe::sample_ring.lost()) {}

  ~CpuRecorder() override {
    try {
      if (window_ != nullptr) CpuSampler::End(window_);  // the client left
    } catch (const std::bad_alloc&) {
      // It has ended; nobody reads it.
    }
  }
  CpuRecorder(const CpuRecorder&) = delete;
  CpuRecorder& operator=(const CpuRecorder&) = delete;

  Status Stop(SnapshotBuilder& builder) override {
    const std::string refusal = CpuSampler::Get().TimerRefusal();
    CpuSampler::End(window_);
    const int64_t interval_nanos = 1000000000 / hz_;
    builder.SetPeriod("cpu", "nanoseconds", interval_nanos);
    window_->WriteTo(builder);
    window_ = nullptr;
    if (CpuSampler::Get().was_out_of_memory()) {
      builder.AddComment("samples are missing: the process was out of memory");
    }
    if (const uint64_t lost = signal_safe::sample_ring.lost() - lost_before_) {
      builder.AddLost(lost);
      builder.AddNamed("pprof::LostSamples",
                       {static_cast<int64_t>(lost), 0});  // their time is in the thread's others
    }
    if (!refusal.empty()) builder.AddComment(refusal);
    return {};
  }

 private:
  std::shared_ptr<CpuWindow> window_;
  const int hz_;
  const uint64_t lost_before_;
};

Result<std::unique_ptr<Recorder>> Record(int hz) {
  auto window = sys::WithOwnDescriptors([hz] { return CpuSampler::Get().Begin(hz); });
  if (!window.ok()) return window.status();
  try {
    return std::unique_ptr<Recorder>(new CpuRecorder(window.value(), hz));
  } catch (const std::bad_alloc&) {
    CpuSampler::End(window.value());
    throw;
  }
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
