// The environment, for code that runs inside malloc.
#pragma once

namespace pprof::sys {

// The value of `name`, or nullptr. Signal-safe as long as nobody changes the environment meanwhile:
// call it early. Ownership: the environment's.
const char* FindEnvironment(const char* name);

}  // namespace pprof::sys
