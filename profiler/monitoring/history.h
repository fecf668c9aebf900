// The history of this process: readings that a thread of a server takes each second, and marks.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/monitoring/history_rings.h"
#include "profiler/sys/process/process_usage.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::monitoring {

// The history at one moment, with the times of the wall clock as it is set then, in nanoseconds
// since 1970.
struct HistoryCopy {
  struct Mark {
    int64_t wall_nanos;
    MarkKind kind;
    std::string text;  // UTF-8 without control characters
  };
  int64_t now_wall_nanos = 0;
  int64_t wall_minus_boot = 0;                               // add it to the time of a row
  std::vector<HistoryRow> rows[HistoryRings::kResolutions];  // oldest first
  std::vector<Mark> marks;
};

// Thread safety: safe. Not async-signal-safe: locks. Only Instance() and Read() allocate.
class History {
 public:
  // This process's: a forked child has its own, which is empty. Made at first use, never freed.
  static History& Instance();
  // This process's; nullptr if nobody made it yet. Async-signal-safe.
  static History* IfMade();
  // Adds a mark if the history is there; for marks of ours, which alone do not make one.
  static void MarkIfMade(MarkKind kind, std::string_view text);

  History();  // for Instance() and tests: maps the memory of the rings
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // Must come before the first reading: finds out whose allocator it is, which takes the loader's
  // lock. The thread that takes the readings must not wait for that.
  void Prepare();

  // Takes a reading if one is due: a second after the last one, whoever took it. Returns the
  // nanoseconds until the next one is. While a filter of system calls could end the program for a
  // reading, none is taken.
  int64_t TakeIfDue(sys::ProcessUsageReader* reader);

  void Mark(MarkKind kind, std::string_view text);

  HistoryCopy Read() const;

 private:
  mutable sys::Mutex mutex_;
  HistoryRings* const rings_;  // nullptr: out of memory
  std::atomic<int64_t> due_{0};
  std::atomic<bool> of_tcmalloc_{false};
};

}  // namespace pprof::monitoring
