#include "tests/unit/threads/profile_shares.h"

#include <algorithm>
#include <sstream>

#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
#include "tests/function_names.h"

namespace pprof::testing {
namespace {

std::vector<std::string> NamesOfLocations(const model::Profile& profile) {
  std::vector<uint64_t> addresses;
  for (const model::Location& location : profile.locations) addresses.push_back(location.address);
  std::vector<std::string> names = FunctionNames(addresses);
  for (size_t i = 0; i < names.size(); ++i) {
    const model::Location& location = profile.locations[i];
    if (location.name != 0) names[i] = profile.frame_names[location.name - 1];
  }
  return names;
}

}  // namespace

bool NamedSample::Has(const std::string& function) const {
  return std::any_of(frames.begin(), frames.end(), [&](const std::string& frame) {
    return frame.find(function) != std::string::npos;
  });
}

std::string NamedSample::LabelText(const std::string& key) const {
  for (const Label& label : labels) {
    if (label.key == key) return label.text;
  }
  return {};
}

std::vector<NamedSample> SamplesOf(const Snapshot& snapshot) {
  const model::Profile& profile = model::SnapshotAccess::ProfileOf(snapshot);
  const std::vector<std::string> names = NamesOfLocations(profile);
  std::vector<NamedSample> samples;
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    const model::Sample& sample = profile.samples[i];
    NamedSample named;
    for (uint32_t k = 0; k < sample.depth; ++k) {
      named.frames.push_back(names[profile.frames[sample.first_frame + k]]);
    }
    named.values.assign(profile.ValuesOf(i), profile.ValuesOf(i) + profile.values.size());
    named.labels = profile.label_sets[sample.label_set];
    samples.push_back(std::move(named));
  }
  return samples;
}

double SumOf(const std::vector<NamedSample>& samples, const std::string& function) {
  double sum = 0;
  for (const NamedSample& sample : samples) {
    if (function.empty() || sample.Has(function)) sum += static_cast<double>(sample.values.back());
  }
  return sum;
}

double SumOfLabel(const std::vector<NamedSample>& samples, const std::string& key,
                  const std::string& text) {
  double sum = 0;
  for (const NamedSample& sample : samples) {
    if (sample.LabelText(key) == text) sum += static_cast<double>(sample.values.back());
  }
  return sum;
}

std::string DumpText(const Parameters& parameters) {
  Parameters all = parameters;
  all["debug"] = "2";
  auto snapshot = Collect("goroutine", all);
  if (!snapshot.ok()) return snapshot.status().message();
  std::ostringstream out;
  const Status written = snapshot.value().Symbolize().WriteTo(out, Format::kDump);
  return written.ok() ? out.str() : written.message();
}

std::string DumpOf(const std::string& dump, int32_t tid) {
  const size_t begin = dump.find("goroutine " + std::to_string(tid) + " [");
  if (begin == std::string::npos) return {};
  return dump.substr(begin, dump.find("\n\n", begin) - begin);
}

}  // namespace pprof::testing
