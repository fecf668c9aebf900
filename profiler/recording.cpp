#include "pprof/recording.h"

#include <utility>

namespace pprof {

Recording::Recording(const ProfileType* type, std::unique_ptr<Recorder> recorder)
    : type_(type), recorder_(std::move(recorder)), start_(std::chrono::steady_clock::now()) {}

Result<Recording> Recording::Start(std::string_view name, int hz) {
  const ProfileType* type = FindProfileType(name);
  if (type == nullptr) {
    return Status(StatusCode::kNotFound, "Unknown profile \"" + std::string(name) + "\"");
  }
  if (type->record == nullptr) {
    return Status(StatusCode::kInvalidArgument,
                  "profile \"" + type->name + "\" is collected, not recorded: use Collect()");
  }
  auto recorder = type->record(hz);
  if (!recorder.ok()) return recorder.status();
  return Recording(type, std::move(recorder).value());
}

Result<Snapshot> Recording::Stop() && {
  SnapshotBuilder builder(type_->name, type_->values, {});
  builder.SetDuration(std::chrono::steady_clock::now() - start_);
  const Status stopped = recorder_->Stop(builder);
  recorder_ = nullptr;
  if (!stopped.ok()) return stopped;
  return Snapshot(builder.Finish());
}

}  // namespace pprof
