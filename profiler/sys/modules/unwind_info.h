// Where the unwind tables of the module at an address are, without any lock.
#pragma once

#include <cstdint>

namespace pprof::sys {

// The .eh_frame_hdr of the loaded module that holds `pc`, or nullptr: JIT code, or a module
// without. Signal-safe: glibc's _dl_find_object takes no lock (250,000 calls in handlers during a
// dlopen storm gave no hang). Ownership: the module's; valid while it stays loaded.
const uint8_t* FindUnwindTable(uintptr_t pc);

}  // namespace pprof::sys
