// What the two profiles share: value types, options, facts, and how a sample is added.
#pragma once

#include <string>
#include <vector>

#include "profiler/profiles/holders/holder_search.h"
#include "profiler/profiles/holders/parameters.h"

namespace pprof::profiles::holders {

SearchOptions OptionsOf(const HolderParameters& parameters, const SnapshotBuilder& builder);

// How much was looked through, in what time, with which tables, and what was left out.
void AddFacts(const HolderSearch& search, bool complete, SnapshotBuilder* builder);

// The allocation stack with `frames` behind its root, and the labels besides those of the sample.
void AddSample(const Target& target, const std::vector<std::string>& frames,
               std::vector<Label> labels, SnapshotBuilder* builder);

Status Cancelled();

}  // namespace pprof::profiles::holders
