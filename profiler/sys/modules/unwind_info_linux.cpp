#include <dlfcn.h>

#include "profiler/sys/modules/unwind_info.h"

namespace pprof::sys {

bool FindUnwindInfo(uintptr_t pc, UnwindInfo* info) {
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(pc), &found) != 0) return false;
  info->header = static_cast<const uint8_t*>(found.dlfo_eh_frame);
  return true;
}

}  // namespace pprof::sys
