// A small profile with all features, and its symbols: input of the encoders' golden tests.
#pragma once

#include "profiler/model/profile.h"
#include "profiler/model/symbols.h"

namespace pprof::test {

struct SampleInput {
  model::Profile profile;
  model::Symbols symbols;
};

// Four heap values; mappings of an executable, a library with names only, and one without symbols;
// inlined, unresolved, unmapped and named frames; labels.
SampleInput HeapSample();

// The same stacks under another name and form, with the first `columns` values.
SampleInput SampleAs(const char* name, TextForm form, std::vector<ValueType> values);

// Symbols without any line.
model::Symbols NoSymbols(const model::Profile& profile);

}  // namespace pprof::test
