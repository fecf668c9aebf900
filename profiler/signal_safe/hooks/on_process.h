// What the process as a whole does: forks, and unloads modules.
#pragma once

namespace pprof::signal_safe {

// Before a fork, in the forking thread, and after it in the parent. Signal-safe.
void OnForkBegin();
void OnForkParent();

// In the child of a fork: only the forking thread is here. Signal-safe.
void OnForkChild();

// Around every dlclose: what is known about the addresses of a module that goes is void. Not
// signal-safe: takes the loader's lock, as dlclose does.
void OnUnloadBegin();
void OnUnloadEnd();

}  // namespace pprof::signal_safe
