// Why the system denied a call, in words that the user can act on. Facts only: no guess about the
// cause.
#pragma once

#include <string>

namespace pprof::sys {

// "timer_create: Operation not permitted; this process runs under a seccomp filter". With EAGAIN
// also the limits that it may stand for. Not async-signal-safe: allocates.
std::string DenialText(const char* call, int error);

}  // namespace pprof::sys
