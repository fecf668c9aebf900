// What pprof_cpp_attach (attach_entry.cpp) leaves in the memory of the program, for the command
// pprof-cpp, which reads it from outside: both are built from one version of this file.
#pragma once

#include <cstdint>

namespace pprof::preload {

enum AttachState : int32_t { kStarting, kListens, kFailed };

struct AttachReport {
  int32_t state = kStarting;  // an AttachState; written last, with release
  char text[508] = "";        // where it listens, or why it does not
};

}  // namespace pprof::preload
