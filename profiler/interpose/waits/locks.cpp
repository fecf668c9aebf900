// Installs the hooks of the lock functions. std::mutex, std::shared_mutex, std::future and the
// locks of C libraries use them; glibc's internal uses of its own locks do not.
//
// Empty under sanitizers, which must see the locks themselves.
#include "profiler/interpose/waits/locks.h"

#if !PPROF_CPP_SANITIZER_OWNS_LOCKS

#include <dlfcn.h>
#include <pthread.h>

namespace pprof::interpose {
namespace {

// False if another library interposes the functions before this one.
bool LocksAreOurs() {
  return dlsym(RTLD_DEFAULT, "pthread_mutex_lock") ==
         reinterpret_cast<void*>(static_cast<int (*)(pthread_mutex_t*)>(pthread_mutex_lock));
}

// The earliest priority open to a program's constructors. Libraries' constructors run earlier;
// their calls resolve the names one by one.
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
