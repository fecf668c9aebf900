#include "pprof/own_threads.h"

#include "profiler/profiles/heap/allocator_stats.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof {

ScopedOwnThreads::ScopedOwnThreads() : before_(sys::SetCreatesOwnThreads(true)) {}

ScopedOwnThreads::~ScopedOwnThreads() { sys::SetCreatesOwnThreads(before_); }

void GiveBackThreadCache() { profiles::EmptyThreadCache(); }

}  // namespace pprof
