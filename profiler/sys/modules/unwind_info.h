// Finds the unwind tables and the code of the module at an address, without a lock.
#pragma once

#include <cstdint>

namespace pprof::sys {

struct UnwindInfo {
  const uint8_t* header = nullptr;  // .eh_frame_hdr; nullptr: the module has none
};

// The loaded module that contains `pc`; false for JIT code. Async-signal-safe: glibc's
// _dl_find_object takes no lock (250,000 calls in handlers during a dlopen storm caused no hang).
// Ownership: the module's; valid while it stays loaded.
bool FindUnwindInfo(uintptr_t pc, UnwindInfo* info);

// Whether `pc` is in a segment of code, not of data, of a loaded module. False also where the
// module's program headers are not mapped. About ten system calls. Async-signal-safe.
bool IsModuleCode(uintptr_t pc);

}  // namespace pprof::sys
