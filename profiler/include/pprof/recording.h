// Recordings from code: a CPU or wall clock profile of one's own choosing of begin and end.
//
//   auto recording = pprof::Recording::Start("profile");
//   ...
//   if (recording.ok()) pprof::Snapshot cpu = std::move(recording).value().Stop().value();
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "pprof/pprof.h"

namespace pprof {

// A recording in progress; destroying it ends it and drops what was recorded.
// Thread safety: one thread owns it; any number of recordings may run. Not signal-safe.
class [[nodiscard]] Recording {
 public:
  // `name`: "profile", "wall", or a registered profile that records. `hz`: samples a second.
  // `parameters`: those that the profile declares. Errors: kNotFound; kInvalidArgument for a
  // profile that is collected, not recorded, for hz, or for a parameter; kConflict when the CPU is
  // being recorded at another rate, or something else handles SIGPROF.
  static Result<Recording> Start(std::string_view name, int hz = 100,
                                 const Parameters& parameters = {});

  // Ends it. REQUIRES: called once.
  Result<Snapshot> Stop() &&;

 private:
  Recording(const ProfileType* type, const Parameters& parameters,
            std::unique_ptr<Recorder> recorder);

  const ProfileType* type_;
  Parameters parameters_;
  std::unique_ptr<Recorder> recorder_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace pprof
