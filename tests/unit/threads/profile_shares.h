// Totals of a snapshot for functions and labels that tests look for.
#pragma once

#include <string>
#include <vector>

#include "pprof/pprof.h"

namespace pprof::testing {

struct NamedSample {
  std::vector<std::string> frames;  // leaf first; innermost of inlined ones last resolved
  std::vector<int64_t> values;
  std::vector<Label> labels;
  bool truncated = false;

  bool Has(const std::string& function) const;  // whether a frame's name contains it
  std::string LabelText(const std::string& key) const;
};

// All samples with symbolized frames.
std::vector<NamedSample> SamplesOf(const Snapshot& snapshot);

// Sum of the last value over samples with `function` in their stack; over all samples for "".
double SumOf(const std::vector<NamedSample>& samples, const std::string& function);
double SumOfLabel(const std::vector<NamedSample>& samples, const std::string& key,
                  const std::string& text);

// The goroutine profile as Go's dump (debug=2).
std::string DumpText(const Parameters& parameters = {});
// The part of a dump for one thread: from "goroutine TID [" to the empty line.
std::string DumpOf(const std::string& dump, int32_t tid);

}  // namespace pprof::testing
