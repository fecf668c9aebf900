#include <sched.h>

#include "profiler/sys/yield.h"

namespace pprof::sys {

void Yield() { sched_yield(); }

}  // namespace pprof::sys
