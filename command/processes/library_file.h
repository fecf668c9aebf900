// The preload library that belongs to this command.
#pragma once

#include <string>

namespace pprof::command {

constexpr char kLibrary[] = "libpprof_preload.so";

// Its folder: beside the command, in the build tree, or installed. Throws Failure with kCannotStart
// if it is in none of them.
std::string LibraryFolder();

}  // namespace pprof::command
