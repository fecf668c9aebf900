// Names of code that was made at run time: JIT compilers write /tmp/perf-PID.map for perf.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/symbolize/elf/time_budget.h"
#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {

// Answers what it can of `addresses` (of this process, sorted, unique) from this process's own map.
// A map that is a symbolic link or belongs to another user is not read: anybody can write to /tmp.
// Of a map over 64 MB only the end is read. Names only; later lines win, since JIT compilers write
// a line again when they reuse the memory.
// Memory: everything taken is given back. Thread safety: safe. Not signal-safe: opens a file.
void ResolvePerfMap(const std::vector<uint64_t>& addresses, TimeBudget& budget, FrameSink& sink);

// The same for text of such a map, which comes in pieces: lines of "START SIZE name" in
// hexadecimal. Others are skipped. Not thread-safe. Ownership: borrows addresses and budget.
class PerfMapScan {
 public:
  static constexpr size_t kMaxNameBytes = 4096;

  PerfMapScan(const std::vector<uint64_t>& addresses, TimeBudget& budget)
      : addresses_(addresses), budget_(budget), names_(addresses.size()) {}

  void Read(std::string_view text);
  // No text follows.
  void Finish(FrameSink& sink);

 private:
  void ReadLine(std::string_view line);

  const std::vector<uint64_t>& addresses_;
  TimeBudget& budget_;
  std::vector<std::shared_ptr<const std::string>> names_;
  std::string begun_;  // a line whose end has not come yet
};

}  // namespace pprof::symbolize
