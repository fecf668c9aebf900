// Names of captures: "20261128T093000Z.4711.memory90".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pprof::watch {

constexpr size_t kMaxReasonBytes = 32;

struct CaptureName {
  char text[80];
};

// `copy` above 1 is appended to the reason, "memory90-2", for a name that is taken.
// Allocates nothing. Thread safety: safe.
CaptureName NameOfCapture(int64_t unix_seconds, int64_t pid, std::string_view reason, int copy);

struct CaptureNameParts {
  int64_t unix_seconds = 0;
  int64_t pid = 0;
  std::string_view reason;
};

// False: not the name of a capture. Any text is allowed. Thread safety: safe.
bool ParseCaptureName(std::string_view name, CaptureNameParts* parts);

// 1 to kMaxReasonBytes of [a-z0-9].
bool IsReason(std::string_view text);

}  // namespace pprof::watch
