#include <dlfcn.h>

#include "profiler/sys/modules/unwind_info.h"

namespace pprof::sys {

const uint8_t* FindUnwindTable(uintptr_t pc) {
  dl_find_object found;
  if (_dl_find_object(reinterpret_cast<void*>(pc), &found) != 0) return nullptr;
  return static_cast<const uint8_t*>(found.dlfo_eh_frame);
}

}  // namespace pprof::sys
