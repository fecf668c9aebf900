// The environment, for code that runs inside malloc.
#pragma once

namespace pprof::sys {

// False while libc has not been started: the dynamic linker allocates before. Signal-safe.
bool EnvironmentIsKnown();

// The value of `name`, or nullptr. Signal-safe as long as nobody changes the environment meanwhile:
// call it early. Ownership: the environment's.
const char* FindEnvironment(const char* name);

}  // namespace pprof::sys
