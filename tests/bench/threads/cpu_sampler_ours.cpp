#include <optional>

#include "pprof/recording.h"
#include "profiler/model/profile.h"
#include "profiler/model/snapshot_access.h"
#include "tests/bench/threads/cpu_sampler.h"

namespace pprof::bench {
namespace {
std::optional<Recording> recording;
}

void StartSampling(int hz) { recording = Recording::Start("profile", hz).value(); }

Sampled StopSampling() {
  const Snapshot snapshot = std::move(*recording).Stop().value();
  recording.reset();
  const model::Profile& profile = model::SnapshotAccess::ProfileOf(snapshot);
  Sampled sampled;
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    const model::Sample& sample = profile.samples[i];
    std::vector<uintptr_t> pcs;
    for (uint32_t k = 0; k < sample.depth; ++k) {
      pcs.push_back(profile.locations[profile.frames[sample.first_frame + k]].address);
    }
    sampled.Add(pcs.data(), pcs.size(), static_cast<double>(profile.ValuesOf(i)[1]) / 1e9);
  }
  sampled.lost = snapshot.lost_samples();
  return sampled;
}

}  // namespace pprof::bench
