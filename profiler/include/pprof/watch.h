// Captures before the kernel's out-of-memory killer comes: a thread watches how close the process
// is to its limit of memory, and writes profiles to a folder while it still can.
//
//   auto watch = pprof::Watch::Start(pprof::WatchOptions::Parse("/var/lib/app/captures").value());
//
// pprof::http::Server does the same with Options::watch or PPROF_CPP_WATCH (docs/operations.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pprof/status.h"

namespace pprof {

namespace watch {
class WatchThread;
}

// One capture: a folder with profiles and with files of the system.
struct CaptureInfo {
  std::string name;    // "20261128T093000Z.4711.memory90": when, process, and the rule
  std::string reason;  // "memory90"
  int64_t pid = 0;
  int64_t unix_seconds = 0;  // of the name
  uint64_t bytes = 0;
  bool before_death = false;       // the last one of a process that the kernel killed
  std::vector<std::string> files;  // sorted, e.g. "heap.pb.gz"
};

// When captures are taken, and where they go. A value; Watch::Start copies it.
struct WatchOptions {
  // The folder for captures. It must belong to this user, and others must not be able to write to
  // it; it is made, with mode 0700, if only the last part is missing.
  std::string folder;

  // Shares of the effective limit in percent: the least of the memory cgroups (v1 and v2, each
  // group above, too), RLIMIT_AS and the machine's memory. Each takes a capture when it is
  // exceeded.
  std::vector<int> memory_percent = {90, 95};

  // Reads a line such as "/var/lib/app/captures memory=85,95": the folder, then settings, separated
  // by blanks. Errors: kInvalidArgument for anything else.
  static Result<WatchOptions> Parse(std::string_view line);
};

// The thread that watches. The destructor stops it within 0.2 s; a capture in progress ends first.
// A forked child does not have it. Takes 2.5 MiB of memory at its start, and none for the first
// part of a capture: heap, limits and files of the system, without names. The names, thread stacks
// and the other profiles follow if at least 8 MiB are left. Thread safety: safe; one thread owns
// the object. Not async-signal-safe: allocates, locks.
class [[nodiscard]] Watch {
 public:
  // Errors: kInvalidArgument for options out of range, or a folder that cannot be used, with the
  // reason; kConflict when this process is watched already; kInternal without a thread or memory.
  static Result<Watch> Start(const WatchOptions& options);

  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

  // What happened to the processes that used the folder before and are no more: a sentence for
  // each that was killed at its memory limit, or probably was. Empty: none.
  std::vector<std::string> last_deaths() const;

  // Takes a capture now. `reason`: 1 to 32 of [a-z0-9]. Returns its name.
  // Errors: kNotFound when nothing watches; kInvalidArgument; kInternal when it cannot be written.
  static Result<std::string> Capture(std::string_view reason = "asked");

  // The captures in the folder of this process's watch, oldest first; empty without one.
  static std::vector<CaptureInfo> Captures();

 private:
  explicit Watch(std::shared_ptr<watch::WatchThread> thread);
  std::shared_ptr<watch::WatchThread> thread_;
};

}  // namespace pprof
