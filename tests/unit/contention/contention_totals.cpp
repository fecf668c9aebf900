#include "tests/unit/contention/contention_totals.h"

#include <set>

#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
#include "tests/function_names.h"

namespace pprof::testing {
namespace {

// The locations whose function name contains `function`.
std::set<uint32_t> LocationsOf(const model::Profile& profile, const std::string& function) {
  std::vector<uint64_t> addresses;
  for (const model::Location& location : profile.locations) addresses.push_back(location.address);
  const std::vector<std::string> names = FunctionNames(addresses);
  std::set<uint32_t> found;
  for (uint32_t i = 0; i < names.size(); ++i) {
    if (names[i].find(function) != std::string::npos) found.insert(i);
  }
  return found;
}

bool HasFrameIn(const model::Profile& profile, const model::Sample& sample,
                const std::set<uint32_t>& locations) {
  for (uint32_t i = 0; i < sample.depth; ++i) {
    if (locations.count(profile.frames[sample.first_frame + i]) != 0) return true;
  }
  return false;
}

}  // namespace

Totals TotalsOf(const Snapshot& snapshot, const std::string& function) {
  const model::Profile& profile = model::SnapshotAccess::ProfileOf(snapshot);
  const std::set<uint32_t> locations = LocationsOf(profile, function);
  Totals totals;
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    if (!function.empty() && !HasFrameIn(profile, profile.samples[i], locations)) continue;
    totals.contentions += static_cast<double>(profile.ValuesOf(i)[0]);
    totals.nanos += static_cast<double>(profile.ValuesOf(i)[1]);
  }
  return totals;
}

ContentionWindow::ContentionWindow(std::chrono::nanoseconds block_interval, int mutex_fraction)
    : before_(GetSampling()),
      block_(std::make_unique<Snapshot>(Collect("block").value())),
      mutex_(std::make_unique<Snapshot>(Collect("mutex").value())) {
  Sampling on = before_;
  on.block_interval = block_interval;
  on.mutex_fraction = mutex_fraction;
  if (!SetSampling(on).ok()) std::abort();
}

ContentionWindow::~ContentionWindow() {
  if (!SetSampling(before_).ok()) std::abort();
}

void ContentionWindow::Take() {
  if (!SetSampling(before_).ok()) std::abort();
  *block_ = Collect("block").value().Since(*block_).value();
  *mutex_ = Collect("mutex").value().Since(*mutex_).value();
}

}  // namespace pprof::testing
