#include "pprof/recording.h"

#include <utility>

#include "profiler/model/snapshot_access.h"
#include "profiler/parameters.h"

namespace pprof {

Recording::Recording(const ProfileType* type, const Parameters& parameters,
                     std::unique_ptr<Recorder> recorder)
    : type_(type),
      parameters_(parameters),
      recorder_(std::move(recorder)),
      start_(std::chrono::steady_clock::now()) {}

Result<Recording> Recording::Start(std::string_view name, int hz, const Parameters& parameters) {
  const ProfileType* type = FindProfileType(name);
  if (type == nullptr) {
    return Status(StatusCode::kNotFound, "Unknown profile \"" + std::string(name) + "\"");
  }
  if (type->record == nullptr) {
    return Status(StatusCode::kInvalidArgument,
                  "profile \"" + type->name + "\" is collected, not recorded: use Collect()");
  }
  if (Status status = CheckParameters(*type, parameters); !status.ok()) return status;
  auto recorder = type->record(hz);
  if (!recorder.ok()) return recorder.status();
  return Recording(type, parameters, std::move(recorder).value());
}

Result<Snapshot> Recording::Stop() && {
  SnapshotBuilder builder(*type_, std::move(parameters_));
  // The recorder knows better when it really began and ended, and may say so.
  builder.SetDuration(std::chrono::steady_clock::now() - start_);
  const Status stopped = recorder_->Stop(builder);
  recorder_ = nullptr;
  if (!stopped.ok()) return stopped;
  return model::SnapshotAccess::Finish(builder);
}

}  // namespace pprof
