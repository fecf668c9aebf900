#include <sys/syscall.h>
#include <unistd.h>

#include "profiler/sys/thread/thread_id.h"

namespace pprof::sys {

int32_t ThreadId() { return static_cast<int32_t>(syscall(SYS_gettid)); }

}  // namespace pprof::sys
