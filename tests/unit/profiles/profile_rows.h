// The samples of a profile as rows that a test can write down: "10 20 {route=/a}" -> {3, 30}.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pprof/pprof.h"

namespace pprof::testing {

// The frames leaf first, addresses in hexadecimal and names as they are, then the labels. Return
// addresses are one below what was added; only the leaf is exact.
using Rows = std::map<std::string, std::vector<int64_t>>;

// A builder for a profile with so many columns.
ProfileType TypeWithColumns(size_t columns);

// The rows of the samples so far; the builder is empty afterwards. Fails the test when two samples
// have the same row.
Rows RowsOf(SnapshotBuilder& builder);

}  // namespace pprof::testing
