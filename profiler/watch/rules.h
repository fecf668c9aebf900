// Decides from readings when a capture is due. Knows no files and no clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pprof/watch.h"

namespace pprof::watch {

// What the process uses at one moment.
struct Reading {
  int64_t nanos = 0;  // of a clock that is never set
  double share = 0;   // of the limit that is nearest
};

// Thread safety: none.
class Rules {
 public:
  explicit Rules(const WatchOptions& options);

  // The reason for a capture, or nullptr. Allocates nothing.
  const char* Check(const Reading& reading);

  // The lowest share above `share` that a rule of memory waits for; 1 if there is none.
  double NextShare(double share) const;

 private:
  struct MemoryRule {
    double share;
    std::string reason;  // "memory90"
    bool armed = true;
  };

  const char* CheckMemory(double share);

  std::vector<MemoryRule> memory_;  // the highest share first
};

}  // namespace pprof::watch
