// What a watched process leaves behind for the next one that uses its folder: how near to its limit
// it was when it was last seen. The record's file is locked while the process lives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "profiler/sys/files/private_folder.h"

namespace pprof::watch {

struct RunState {
  int64_t wall_nanos = 0;
  uint64_t used = 0;
  uint64_t limit = 0;
  int64_t kills = -1;     // MemoryLevels::KillsByKernel()
  bool ended = false;     // the watch was stopped in good order
  char capture[80] = "";  // the last one
};

// Thread safety: none.
class RunRecord {
 public:
  ~RunRecord();
  RunRecord() = default;
  RunRecord(const RunRecord&) = delete;
  RunRecord& operator=(const RunRecord&) = delete;

  // Makes this process's record in the folder. False: none can be made; see errno.
  bool Make(const sys::PrivateFolder& folder);

  // Where captures of this process are written before they have a name.
  const char* pending() const { return pending_; }

  // Overwrites the record. Allocates nothing.
  void Write(const RunState& state);

 private:
  int fd_ = -1;
  char name_[48] = "";
  char pending_[48] = "";
};

// Finds the records of processes that are no more, and removes them with what those could not
// finish. Returns a sentence for each that the kernel killed for lack of memory, and leaves it in
// its last capture, as kDeathFile. `kills`: those that the kernel counts now.
std::vector<std::string> ReadDeaths(const sys::PrivateFolder& folder, int64_t kills);

constexpr char kDeathFile[] = "death.txt";

// The sentence; empty if there is no reason to think so. `pid`: as text.
std::string SentenceOfDeath(const RunState& state, std::string_view pid, int64_t kills);

// For tests.
std::string TextOf(const RunState& state);
bool ParseRunState(const std::string& text, RunState* state);

}  // namespace pprof::watch
