// The environment, for code that runs inside malloc.
#pragma once

namespace pprof::sys {

// False before libc is initialized: the dynamic linker allocates earlier. Async-signal-safe.
bool EnvironmentIsKnown();

// The value of `name`, or nullptr. Also known before: the one that the process was started with.
// Ownership: the environment's. Async-signal-safe while no thread changes the environment: call it
// early.
const char* FindEnvironment(const char* name);

}  // namespace pprof::sys
