// Coordinates the profiler's calls into the loader with fork. glibc does not release the loader's
// locks in a forked child: a fork while a profiler thread lists the modules would leave them
// locked, and the child would hang at its next dlopen. So a fork waits until no such thread is
// inside.
#pragma once

namespace pprof::sys {

// Scope around calls of dl_iterate_phdr, dlsym, dladdr and dlopen. May be nested. Waits at most 100
// ms while the process forks, then proceeds anyway. Thread safety: safe.
// Not async-signal-safe: waits.
class LoaderCall {
 public:
  LoaderCall();
  LoaderCall(const LoaderCall&) = delete;
  LoaderCall& operator=(const LoaderCall&) = delete;
  ~LoaderCall();
};

// Before a fork: lets no thread enter and waits at most 100 ms for those inside, since one of them
// may wait for a loader lock that the forking thread holds. Thread safety: safe.
// Async-signal-safe.
void BeginForkOfLoader();

// After it. Async-signal-safe.
void EndForkOfLoaderInParent();
void EndForkOfLoaderInChild();

}  // namespace pprof::sys
