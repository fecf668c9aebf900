#include "pprof/snapshot_builder.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "pprof/pprof.h"
#include "profiler/model/profile_builder.h"
#include "profiler/signal_safe/tables/unloaded_modules.h"
#include "profiler/sys/modules/mappings.h"
#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/time/clock.h"

namespace pprof {
namespace {

model::Mapping ToModel(sys::ExecutableMapping&& mapping) {
  model::Mapping result;
  result.start = mapping.start;
  result.limit = mapping.limit;
  result.offset = mapping.offset;
  result.path = std::move(mapping.path);
  result.build_id = std::move(mapping.build_id);
  result.deleted = mapping.deleted;
  result.main_executable = mapping.main_executable;
  return result;
}

// A module that was dlclosed but still has stacks.
model::Mapping ToModel(const sys::LoadedCode& gone) {
  model::Mapping result;
  result.start = gone.start;
  result.limit = gone.limit;
  result.offset = gone.offset;
  result.path = gone.path;
  result.build_id = gone.build_id;
  return result;
}

void RequireWidth(size_t given, size_t wanted) {
  if (given == wanted) return;
  std::fprintf(stderr, "pprof: a sample has %zu values, its profile %zu value types\n", given,
               wanted);
  std::abort();
}

}  // namespace

SnapshotBuilder::SnapshotBuilder(const ProfileType& type, Parameters parameters,
                                 std::function<bool()> cancelled)
    : builder_(std::make_unique<model::ProfileBuilder>(type.name, type.values)),
      parameters_(std::move(parameters)),
      cancelled_(std::move(cancelled)) {
  model::Profile& head = builder_->head();
  head.shown_first = type.shown_first;
  head.text_form = type.text_form;
  head.time_nanos = sys::WallNanos();
  head.taken_at = sys::MonotonicNanos();
  sys::ExecutableMappings mappings = sys::WithOwnDescriptors(sys::ListExecutableMappings);
  for (sys::ExecutableMapping& mapping : mappings.list) {
    builder_->AddMapping(ToModel(std::move(mapping)));
  }
  if (!mappings.no_maps_because.empty()) {
    AddComment(mappings.no_maps_because + ": code outside of the loader's modules has no mapping");
  }
  for (size_t i = 0; i < signal_safe::unloaded_modules.size(); ++i) {
    builder_->AddUnloadedMapping(ToModel(signal_safe::unloaded_modules[i]));
  }
}

SnapshotBuilder::~SnapshotBuilder() = default;

void SnapshotBuilder::Add(const StackView& stack, const std::vector<int64_t>& values,
                          const std::vector<Label>& labels) {
  RequireWidth(values.size(), builder_->head().values.size());
  builder_->Add(stack, values.data(), labels);
}

void SnapshotBuilder::AddNamed(std::string_view frame_name, const std::vector<int64_t>& values) {
  RequireWidth(values.size(), builder_->head().values.size());
  builder_->AddNamed(frame_name, values.data());
}

void SnapshotBuilder::SetPeriod(std::string_view type, std::string_view unit, int64_t period) {
  builder_->head().period_type = {std::string(type), std::string(unit),
                                  ValueType::Delta::kDifference};
  builder_->head().period = period;
}

void SnapshotBuilder::AddComment(std::string comment) {
  builder_->head().comments.push_back(std::move(comment));
}

void SnapshotBuilder::AddLost(uint64_t samples) { builder_->head().lost_samples += samples; }

void SnapshotBuilder::SetDuration(std::chrono::nanoseconds duration) {
  builder_->head().duration_nanos = duration.count();
}

void SnapshotBuilder::SetTextTrailer(std::string lines) {
  builder_->head().text_trailer = std::move(lines);
}

bool SnapshotBuilder::cancelled() const { return cancelled_ && cancelled_(); }

const std::string* SnapshotBuilder::parameter(std::string_view name) const {
  const auto found = parameters_.find(name);
  return found == parameters_.end() ? nullptr : &found->second;
}

}  // namespace pprof
