#include <sched.h>

#include "profiler/sys/thread/yield.h"

namespace pprof::sys {

void Yield() { sched_yield(); }

}  // namespace pprof::sys
