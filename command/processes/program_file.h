// The file that `run` starts, and whether a library can be preloaded into it. The dynamic linker is
// silent about what it ignores: a program without the profiler in it would only be found out by the
// one who asks it.
#pragma once

#include <string>
#include <vector>

namespace pprof::command {

// The file of a program, as exec would find it: by PATH unless it has a slash. Throws Failure with
// kNotFound or kCannotStart. Thread safety: safe unless the environment changes concurrently.
std::string FindProgram(const std::string& name);

// What exec takes: the words, and a null pointer. Ownership: borrows from `words`.
std::vector<char*> ArgumentsOf(std::vector<std::string>& words);

// A script is judged by its interpreter. Bits that give the caller nothing new do not count: root
// may run what is setuid root. Throws Failure with kCannotStart if the dynamic linker
// would ignore LD_PRELOAD or could not load a library for this machine: a setuid program, one with
// capabilities, a static one, a foreign one.
void RequirePreloadable(const std::string& path);

}  // namespace pprof::command
