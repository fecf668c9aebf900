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

  // The resident memory is the most since the start, and by so much above the mean of the last ten
  // readings, one each 5 s. Reason "highwater". 0: off.
  int high_water_percent = 25;

  // The growth of the last 50 s reaches the limit within this time. Reason "slope". 0: off.
  std::chrono::seconds slope_within{600};

  // The process uses more than so many CPUs for so long; the capture then has a CPU profile of 10
  // s. Reason "cpu". 0: off.
  double cpu_cores = 0;
  std::chrono::seconds cpu_for{30};

  // More than so many threads; 0: any number. Twice as many as the mean of the last ten readings,
  // and 50 or more. Reason "threads".
  int threads = 0;
  bool threads_doubled = true;

  // A thread has waited so long for a mutex, or threads wait for each other. Reasons "lock" and
  // "deadlock". 0: off.
  std::chrono::seconds lock_wait{10};

  // The number of a signal that asks for a capture, e.g. SIGUSR2. Reason "signal". 0: none.
  int signal = 0;

  // A rule is silent for so long after it spoke, and speaks at most so often in 24 hours. Rules
  // other than those of memory_percent are silent until the watch has run for `warm_up`.
  std::chrono::seconds cooldown{60};
  std::chrono::seconds warm_up{60};
  int most_a_day = 24;

  // Called after each capture, on a thread of its own that has the program's descriptors. While it
  // runs, up to 16 further ones wait. Must not destroy the watch.
  std::function<void(const CaptureInfo&)> on_capture;

  // A program that is run after each capture, and its arguments; the path of the capture's folder
  // follows as the last one. No shell. It has no open files but /dev/null, and is killed after 5
  // minutes. The next capture waits for it. Empty: none.
  std::vector<std::string> hook;

  // Reads a line such as "/var/lib/app/captures memory=85,95 cpu=4 hook=/usr/bin/push,--fast": the
  // folder, then settings, separated by blanks: memory, high-water, slope, cpu, cpu-for,
  // threads, lock, signal, cooldown, warm-up, daily, hook (docs/operations.md).
  // Errors: kInvalidArgument for anything else.
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

  // The bytes of one file of a capture. Errors: kNotFound.
  static Result<std::string> Read(std::string_view capture, std::string_view file);

  // Removes a capture. Errors: kNotFound.
  static Status Remove(std::string_view capture);

  // last_deaths() of this process's watch; empty without one.
  static std::vector<std::string> Deaths();

 private:
  explicit Watch(std::shared_ptr<watch::WatchThread> thread);
  std::shared_ptr<watch::WatchThread> thread_;
};

}  // namespace pprof
