// What the dynamic linker binds names to.
#pragma once

#include <string>

namespace pprof::sys {

// Thread safety: safe. Not signal-safe: takes the loader's lock.
bool IsSymbolLoaded(const char* name);

// The file that defines the symbol a reference binds to; "an unknown file" when none is found.
std::string FileOfSymbol(const char* name);

}  // namespace pprof::sys
