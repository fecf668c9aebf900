// The built-in profiles. A new one is declared here and listed in builtin.cpp.
#pragma once

#include <vector>

#include "pprof/pprof.h"

namespace pprof::profiles {

// heap/heap.cpp: live memory, all allocations, live memory at its high-water mark.
ProfileType HeapProfile();
ProfileType AllocsProfile();
ProfileType PeakProfile();

// threads/goroutine.cpp and threads/threadcreate.cpp.
ProfileType GoroutineProfile();
ProfileType ThreadCreateProfile();

// cpu/cpu.cpp and wall/wall.cpp.
ProfileType CpuProfile();
ProfileType WallProfile();

// contention/contention.cpp: stacks that waited for a lock, condition, semaphore, futex or thread
// exit; stacks that released a contended lock, with the delay of its waiters.
ProfileType BlockProfile();
ProfileType MutexProfile();

// holders/holders.cpp and holders/leak.cpp: who keeps the live memory; what nothing points to.
ProfileType HoldersProfile();
ProfileType LeakProfile();

// All of them. Called by the registry before its first use.
std::vector<ProfileType> BuiltinTypes();

}  // namespace pprof::profiles
