// The time that our code spends inside the loader. glibc does not give the loader's locks back in a
// forked child: a fork while a thread of ours lists the modules would leave them locked there, and
// the child would hang at its next dlopen. So a fork waits until nobody of ours is inside.
#pragma once

namespace pprof::sys {

// Stands around calls of dl_iterate_phdr, dlsym, dladdr, dlopen. May be nested. Waits while the
// process forks, at most 100 ms, and then goes in all the same. Thread safety: safe. Not
// signal-safe.
class LoaderCall {
 public:
  LoaderCall();
  LoaderCall(const LoaderCall&) = delete;
  LoaderCall& operator=(const LoaderCall&) = delete;
  ~LoaderCall();
};

// Before a fork: keeps everybody out and waits for those inside, at most 100 ms: one of them may
// wait for a lock of the loader that the forking thread has. Thread safety: safe.
void BeginForkOfLoader();

// After it.
void EndForkOfLoaderInParent();
void EndForkOfLoaderInChild();

}  // namespace pprof::sys
