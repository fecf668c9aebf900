#include "profiler/sys/yield.h"

#include <sched.h>

namespace pprof::sys {

void Yield() { sched_yield(); }

}  // namespace pprof::sys
