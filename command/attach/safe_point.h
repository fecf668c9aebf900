// Moments at which a thread of a running program can be made to load a library: it holds no lock of
// the C library, and above all not the allocator's.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <memory>
#include <string>
#include <vector>

#include "command/attach/remote_program.h"
#include "command/attach/tracee.h"

namespace pprof::command {

// Whether a system call is a wait of the program's own: for events, time, children, input or a
// condition. Not the wait for a mutex, which the allocator makes, too.
bool IsOwnWait(uint64_t system_call, uint64_t second_argument);

// Stops the threads of the process one after the other, each for moments, until one is at a safe
// point: in a wait of its own, or in code of an executable that has no allocator of its own, and
// not in a signal handler, which may have interrupted the allocator. Throws Failure if none is
// there within five seconds.
std::unique_ptr<Tracee> StopAtSafePoint(pid_t pid, const RemoteProgram& program);

}  // namespace pprof::command
