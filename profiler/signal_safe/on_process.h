// What the process as a whole does: forks, and unloads modules.
#pragma once

namespace pprof::signal_safe {

// Before a fork, in the forking thread, and after it in the parent. Signal-safe.
void OnForkBegin();
void OnForkParent();

// In the child of a fork: only the forking thread is here. Signal-safe.
void OnForkChild();

// A module may have been unloaded: what is known about its addresses is void. Signal-safe.
void OnModuleUnload();

}  // namespace pprof::signal_safe
