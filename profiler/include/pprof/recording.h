// Recordings from code: a CPU or wall-clock profile between two moments that the program chooses.
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
  int hz = 100;           // samples per second
  Parameters parameters;  // as declared by the profile type
  // Start() refuses when this many recordings already run in this process.
  int most_at_once = std::numeric_limits<int>::max();
};

// A recording in progress. The destructor ends it and drops its samples. Any number may run at
// once.
// Thread safety: one thread owns it. Not async-signal-safe: allocates, locks.
class [[nodiscard]] Recording {
 public:
  // `name`: "profile", "wall", or a registered profile with `record`.
  // Errors: kNotFound; kInvalidArgument for a profile that is collected, or for an invalid hz or
  // parameter; kUnavailable when options.most_at_once recordings run; kConflict when a CPU
  // recording runs at another rate, or other code handles SIGPROF.
  static Result<Recording> Start(std::string_view name, const RecordingOptions& options);
  static Result<Recording> Start(std::string_view name, int hz = 100);

  // Number of recordings running in this process; 0 in a forked child. Thread safety: safe.
  static int Running();

  // Ends the recording and returns its samples. Errors: those of the profile's Recorder.
  // REQUIRES: called once.
  Result<Snapshot> Stop() &&;

 private:
  class Slot;  // one recording counted by Running()

  Recording(const ProfileType* type, Parameters parameters, std::shared_ptr<Slot> slot,
            std::unique_ptr<Recorder> recorder);

  const ProfileType* type_;
  Parameters parameters_;
  std::shared_ptr<Slot> slot_;
  std::unique_ptr<Recorder> recorder_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace pprof
