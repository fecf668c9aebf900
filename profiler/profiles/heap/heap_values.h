// The value types of heap profiles, and their parameter.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "pprof/status.h"

namespace pprof::profiles {

// Go's four values in Go's order: readers use the last one by default.
std::vector<ValueType> HeapValues();
// Those that are in use: the last two.
std::vector<ValueType> InUseValues();

// "10m" in milliseconds. Errors: kInvalidArgument with what min_age must be.
Result<uint64_t> MinAgeMillis(const std::string& min_age);

}  // namespace pprof::profiles
