// Names of code generated at run time: JIT compilers write /tmp/perf-PID.map for perf.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/symbolize/elf/time_budget.h"
#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {

// Resolves `addresses` (of this process, sorted, unique) from this process's map: names only. A map
// that is a symbolic link or belongs to another user is ignored, since any user can write to /tmp.
// Of a map over 64 MB only the end is read. Later lines win, since JIT compilers write a new line
// when they reuse memory. Releases all its memory on return. Thread safety: safe.
// Not async-signal-safe: opens a file.
void ResolvePerfMap(const std::vector<uint64_t>& addresses, TimeBudget& budget, FrameSink& sink);

// The same for the text of such a map in pieces: lines of "START SIZE name" in hexadecimal. Other
// lines are skipped. Ownership: borrows addresses and budget. Thread safety: none.
class PerfMapScan {
 public:
  static constexpr size_t kMaxNameBytes = 4096;

  PerfMapScan(const std::vector<uint64_t>& addresses, TimeBudget& budget)
      : addresses_(addresses), budget_(budget), names_(addresses.size()) {}

  void Read(std::string_view text);
  // Called after the last piece.
  void Finish(FrameSink& sink);

 private:
  void ReadLine(std::string_view line);

  const std::vector<uint64_t>& addresses_;
  TimeBudget& budget_;
  std::vector<std::shared_ptr<const std::string>> names_;
  std::string begun_;  // an incomplete line
};

}  // namespace pprof::symbolize
