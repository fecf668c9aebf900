// Which captures to remove, so that a folder does not fill the disk. Knows no files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pprof/watch.h"

namespace pprof::watch {

struct RetentionLimits {
  size_t captures = 64;
  uint64_t bytes = uint64_t{256} << 20;
};

// Names to remove until the rest is within the limits: the oldest first, but those before a death
// only when there are no others, and never `newest` nor the last one before a death.
// `captures`: oldest first.
std::vector<std::string> SurplusOf(const std::vector<CaptureInfo>& captures,
                                   const std::string& newest, const RetentionLimits& limits);

// The captures of one process while its memory grows. Thread safety: none.
class RampUp {
 public:
  static constexpr size_t kMost = 5;

  // Adds a capture; `used`: bytes at that moment. Memory that fell by a tenth ends the ramp-up.
  // Returns the name of one to remove, so that its newest five stay; empty: none.
  std::string Add(const std::string& name, uint64_t used);

 private:
  std::vector<std::string> names_;  // oldest first
  uint64_t used_ = 0;
};

}  // namespace pprof::watch
