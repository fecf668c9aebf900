// The query parameters of "holders" and "leak".
#pragma once

#include <cstdint>

#include "pprof/snapshot_builder.h"
#include "pprof/status.h"

namespace pprof::profiles::holders {

struct HolderParameters {
  uint64_t cpu_nanos = 0;
  bool with_frames = true;  // view=paths, as opposed to view=labels
  uint64_t min_age_ms = 0;
};

// Errors: kInvalidArgument with the parameter's name and what it must be.
Result<HolderParameters> ReadParameters(const SnapshotBuilder& builder, uint64_t default_age_ms);

}  // namespace pprof::profiles::holders
