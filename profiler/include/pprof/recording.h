// Recordings from code: a CPU or wall clock profile between two moments of the program's choice.
//
//   auto recording = pprof::Recording::Start("profile");
//   ...
//   if (recording.ok()) pprof::Snapshot cpu = std::move(recording).value().Stop().value();
#pragma once

#include <chrono>
#include <limits>
#include <memory>
#include <string_view>

#include "pprof/pprof.h"

namespace pprof {

struct RecordingOptions {
  int hz = 100;           // samples a second
  Parameters parameters;  // those that the profile type declares
  // Start() refuses when so many recordings run in this process already.
  int most_at_once = std::numeric_limits<int>::max();
};

// A recording in progress; destroying it ends it and drops its samples.
// Thread safety: one thread owns it; any number of recordings may run. Not signal-safe: allocates
// and takes locks.
class [[nodiscard]] Recording {
 public:
  // `name`: "profile", "wall", or a registered profile that records. Errors: kNotFound;
  // kInvalidArgument for a profile that is collected, not recorded, for hz, or for a parameter;
  // kUnavailable when options.most_at_once recordings run; kConflict when the CPU is being recorded
  // at another rate, or something else handles SIGPROF.
  static Result<Recording> Start(std::string_view name, const RecordingOptions& options);
  static Result<Recording> Start(std::string_view name, int hz = 100);

  // How many recordings run in this process now; a forked child begins at 0. Thread safety: safe.
  static int Running();

  // Ends it. REQUIRES: called once.
  Result<Snapshot> Stop() &&;

 private:
  class Slot;  // one of those that Running() counts

  Recording(const ProfileType* type, Parameters parameters, std::shared_ptr<Slot> slot,
            std::unique_ptr<Recorder> recorder);

  const ProfileType* type_;
  Parameters parameters_;
  std::shared_ptr<Slot> slot_;
  std::unique_ptr<Recorder> recorder_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace pprof
