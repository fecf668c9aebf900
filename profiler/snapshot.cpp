#include <memory>
#include <utility>

#include "pprof/pprof.h"
#include "profiler/encode/encoders.h"
#include "profiler/model/delta.h"
#include "profiler/model/grouped.h"
#include "profiler/model/largest.h"
#include "profiler/model/sample_key.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/profile_symbols.h"

namespace pprof {
namespace {

using Clock = std::chrono::steady_clock;

symbolize::Detail DetailOf(SymbolDetail detail) {
  switch (detail) {
    case SymbolDetail::kFull:
      return symbolize::Detail::kFull;
    case SymbolDetail::kFunctions:
      return symbolize::Detail::kFunctions;
    case SymbolDetail::kNone:
      break;
  }
  return symbolize::Detail::kNone;
}

symbolize::BatchLimits LimitsOf(const SymbolOptions& options) {
  symbolize::BatchLimits limits;
  limits.detail = DetailOf(options.detail);
  const Clock::time_point now = Clock::now();
  const bool bounded = options.within < Clock::time_point::max() - now;
  if (bounded) limits.deadline = now + options.within;
  limits.cancelled = options.cancelled;
  return limits;
}

}  // namespace

SymbolizedSnapshot Snapshot::Symbolize(const SymbolOptions& options) const {
  return model::SnapshotAccess::Make(profile_, SymbolsOf(*profile_, LimitsOf(options)));
}

Status Snapshot::WriteTo(std::ostream& out, Format format) const {
  return Symbolize().WriteTo(out, format);
}

Status SymbolizedSnapshot::WriteTo(std::ostream& out, Format format) const {
  switch (format) {
    case Format::kProto:
      return encode::WriteProto(*profile_, *symbols_, out);
    case Format::kDump:
      return encode::WriteDump(*profile_, *symbols_, out);
    case Format::kText:
      break;
  }
  if (profile_->labels_not_in_text.empty()) return encode::WriteText(*profile_, *symbols_, out);
  return encode::WriteText(model::GroupedForText(*profile_), *symbols_, out);
}

Result<Snapshot> Snapshot::Since(const Snapshot& earlier) const& {
  Snapshot copy = *this;
  return std::move(copy).Since(earlier);
}

Result<Snapshot> Snapshot::Since(const Snapshot& earlier) && {
  if (!model::SameKind(*profile_, *earlier.profile_)) {
    return Status(StatusCode::kInvalidArgument,
                  "a snapshot of \"" + profile_->name + "\" cannot be compared with one of \"" +
                      earlier.profile_->name + "\": different profile or value types");
  }
  const std::shared_ptr<const model::Profile> later = std::move(profile_);
  // Snapshots are made of profiles that are not const themselves.
  model::Profile own;
  if (later.use_count() == 1) {
    own = std::move(const_cast<model::Profile&>(*later));
  } else {
    own = *later;
  }
  return model::SnapshotAccess::Make(
      std::make_shared<model::Profile>(model::Difference(std::move(own), *earlier.profile_)));
}

Snapshot Snapshot::Largest(size_t samples) const {
  if (profile_->samples.size() <= samples) return *this;
  return model::SnapshotAccess::Make(
      std::make_shared<model::Profile>(model::LargestSamples(*profile_, samples)));
}

uint64_t Snapshot::lost_samples() const { return profile_->lost_samples; }

size_t Snapshot::sample_count() const { return profile_->samples.size(); }

int64_t Snapshot::total(size_t value_index) const {
  if (value_index >= profile_->values.size()) return 0;
  int64_t sum = 0;
  for (size_t i = 0; i < profile_->samples.size(); ++i) {
    sum = model::WrappingAdd(sum, profile_->ValuesOf(i)[value_index]);
  }
  return sum;
}

}  // namespace pprof
