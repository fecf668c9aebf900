// What a snapshot says about functions and labels that are made to be found.
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

  bool Has(const std::string& function) const;  // some frame's name contains it
  std::string LabelText(const std::string& key) const;
};

// All samples with names for frames.
std::vector<NamedSample> SamplesOf(const Snapshot& snapshot);

// Sum of the last value over the samples with `function` in their stack; all of them for "".
double SumOf(const std::vector<NamedSample>& samples, const std::string& function);
double SumOfLabel(const std::vector<NamedSample>& samples, const std::string& key,
                  const std::string& text);

// The goroutine profile as Go's dump (debug=2).
std::string DumpText(const Parameters& parameters = {});
// The part of a dump about one thread: from "goroutine TID [" to the empty line.
std::string DumpOf(const std::string& dump, int32_t tid);

}  // namespace pprof::testing
