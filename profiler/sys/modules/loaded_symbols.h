// Symbols as the dynamic linker resolves them.
#pragma once

#include <string>

namespace pprof::sys {

// Thread safety: safe. Not async-signal-safe: takes the loader's lock.
bool IsSymbolLoaded(const char* name);

// The file that defines the symbol a reference binds to; "an unknown file" if not found.
// Not async-signal-safe.
std::string FileOfSymbol(const char* name);

}  // namespace pprof::sys
