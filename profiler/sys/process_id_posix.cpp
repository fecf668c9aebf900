#include "profiler/sys/process_id.h"

#include <unistd.h>

namespace pprof::sys {

int32_t ProcessId() { return getpid(); }

}  // namespace pprof::sys
