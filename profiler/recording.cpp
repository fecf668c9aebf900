#include "pprof/recording.h"

#include <atomic>
#include <utility>

#include "profiler/model/snapshot_access.h"
#include "profiler/parameters.h"
#include "profiler/sys/process/per_process.h"

namespace pprof {
namespace {

sys::PerProcess<std::atomic<int>> running;

Result<const ProfileType*> FindRecorded(std::string_view name) {
  const ProfileType* type = FindProfileType(name);
  if (type == nullptr) {
    return Status(StatusCode::kNotFound, "Unknown profile \"" + std::string(name) + "\"");
  }
  if (type->record == nullptr) {
    return Status(StatusCode::kInvalidArgument,
                  "profile \"" + type->name + "\" is collected, not recorded: use Collect()");
  }
  return type;
}

}  // namespace

class Recording::Slot {
 public:
  Slot() : number_(running_.fetch_add(1) + 1) {}
  ~Slot() { running_.fetch_sub(1); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // Number of running recordings when this one was counted, itself included.
  int number() const { return number_; }

 private:
  std::atomic<int>& running_ = running.Get();  // of the process that started the recording
  const int number_;
};

Recording::Recording(const ProfileType* type, Parameters parameters, std::shared_ptr<Slot> slot,
                     std::unique_ptr<Recorder> recorder)
    : type_(type),
      parameters_(std::move(parameters)),
      slot_(std::move(slot)),
      recorder_(std::move(recorder)),
      start_(std::chrono::steady_clock::now()) {}

Result<Recording> Recording::Start(std::string_view name, int hz) {
  RecordingOptions options;
  options.hz = hz;
  return Start(name, options);
}

Result<Recording> Recording::Start(std::string_view name, const RecordingOptions& options) {
  const Result<const ProfileType*> found = FindRecorded(name);
  if (!found.ok()) return found.status();
  const ProfileType* type = found.value();
  if (Status status = CheckParameters(*type, options.parameters); !status.ok()) return status;
  auto slot = std::make_shared<Slot>();
  if (slot->number() > options.most_at_once) {
    return Status(StatusCode::kUnavailable,
                  std::to_string(options.most_at_once) +
                      " recordings are running already; try again when one of them has ended");
  }
  auto recorder = type->record(options.hz);
  if (!recorder.ok()) return recorder.status();
  return Recording(type, options.parameters, std::move(slot), std::move(recorder).value());
}

int Recording::Running() { return running.Get().load(std::memory_order_relaxed); }

Result<Snapshot> Recording::Stop() && {
  SnapshotBuilder builder(*type_, std::move(parameters_));
  // The default; the recorder may set its exact duration.
  builder.SetDuration(std::chrono::steady_clock::now() - start_);
  const Status stopped = recorder_->Stop(builder);
  recorder_ = nullptr;
  slot_ = nullptr;
  if (!stopped.ok()) return stopped;
  return model::SnapshotAccess::Finish(builder);
}

}  // namespace pprof
