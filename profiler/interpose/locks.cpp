// Puts the hooks of the lock functions in place. std::mutex, std::shared_mutex, std::future and the
// locks of C libraries all come through them; glibc's own calls of its own locks do not.
//
// Empty under the sanitizers that must see the locks themselves.
#include "profiler/interpose/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <dlfcn.h>
#include <pthread.h>

namespace pprof::interpose {
namespace {

// False when another library's wrapper stands before ours.
bool LocksAreOurs() {
  return dlsym(RTLD_DEFAULT, "pthread_mutex_lock") ==
         reinterpret_cast<void*>(static_cast<int (*)(pthread_mutex_t*)>(pthread_mutex_lock));
}

// As early as a program's own constructors allow. Libraries' constructors run before it; their
// calls look the names up one by one.
__attribute__((constructor(101))) void ResolveLockFunctions() {
  ResolveMutexFunctions();
  ResolveRwlockFunctions();
  ResolveConditionFunctions();
  ResolveSemaphoreFunctions();
  ResolveJoinFunctions();
  ResolveSyscallFunction();
  signal_safe::OnLockHooksReady(LocksAreOurs());
}

}  // namespace
}  // namespace pprof::interpose

#endif  // !PPROF_CPP_SANITIZER_OWNS_LOCKS

extern "C" {
// Named on the link line (-u), so that this file and those it calls are taken out of the archive.
__attribute__((visibility("default"))) extern const char pprof_cpp_interposes_locks;
const char pprof_cpp_interposes_locks = 1;
}
