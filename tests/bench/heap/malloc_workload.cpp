// malloc_workload NAME COUNT: runs one workload with the process's malloc, to count instructions.
// The allocator is selected by linking or by LD_PRELOAD.
#include <cstdio>
#include <cstring>

#include "tests/bench/heap/workloads.h"

#ifdef PPROF_BENCH_MALLOC_HOOK
#include <gperftools/malloc_hook.h>

#include <atomic>

namespace {
std::atomic<int64_t> bytes{0};  // the minimum that a profiler with hooks does: a countdown
void OnNew(const void*, size_t size) {
  bytes.store(bytes.load(std::memory_order_relaxed) - static_cast<int64_t>(size),
              std::memory_order_relaxed);
}
void OnDelete(const void* block) { pprof::bench::Use(const_cast<void*>(block)); }
}  // namespace
#endif

int main(int argc, char** argv) {
  using namespace pprof::bench;
#ifdef PPROF_BENCH_MALLOC_HOOK
  MallocHook::AddNewHook(OnNew);
  MallocHook::AddDeleteHook(OnDelete);
#endif
  const int64_t count = argc == 3 ? std::atoll(argv[2]) : 0;
  const char* name = argc == 3 ? argv[1] : "";
  if (std::strcmp(name, "pair") == 0) {
    Pairs<Malloc>(count);
  } else if (std::strcmp(name, "newdelete") == 0) {
    Pairs<New>(count);
  } else if (std::strcmp(name, "ring") == 0) {
    Ring<Malloc>(count);
  } else if (std::strcmp(name, "map") == 0) {
    StringMap<New>(count);
  } else {
    std::fprintf(stderr, "usage: malloc_workload pair|newdelete|ring|map COUNT\n");
    return 2;
  }
  return 0;
}
