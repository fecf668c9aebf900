// A process ends with its last thread. The server's threads would keep it: a program whose main
// thread calls pthread_exit, and whose other threads end, would never end.
#pragma once

namespace pprof::http {

// Thread safety: safe. Not async-signal-safe: allocates.
bool MainThreadHasEnded();

// Whether no thread of the program is left: only those that are named as ours are ("pprof-..."). A
// main thread that has ended does not count. False if /proc is not available.
// Thread safety: safe. Not async-signal-safe: allocates.
bool OnlyOurThreadsAreLeft();

}  // namespace pprof::http
