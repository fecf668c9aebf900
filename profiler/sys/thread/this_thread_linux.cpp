#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/sys/thread/this_thread.h"

namespace pprof::sys {

int32_t ThreadId() { return static_cast<int32_t>(syscall(SYS_gettid)); }

void Yield() { sched_yield(); }

}  // namespace pprof::sys
