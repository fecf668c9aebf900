#include "profiler/profiles/heap/memory_owners.h"

#include <gperftools/malloc_extension.h>

#include <algorithm>

#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/sys/memory/pages.h"
#include "profiler/sys/process/per_process.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::profiles {
namespace {

// tcmalloc gathers ranges in a static buffer.
sys::PerProcess<sys::Mutex> one_walk;

void AddMalloc(std::vector<MemoryOwner>* owners) {
  const auto add = [](void* out, const base::MallocRange* range) {
    auto& ranges = *static_cast<std::vector<MemoryOwner>*>(out);
    const uintptr_t end = range->address + range->length;
    if (!ranges.empty() && ranges.back().end == range->address) {
      ranges.back().end = end;
    } else {
      ranges.push_back({range->address, end, MemoryOwner::Kind::kMalloc});
    }
  };
  WalkTcmallocRanges(owners, add);
}

// The thread control block, where `stack_high` is, lies at the top of the stack.
void AddStacks(std::vector<MemoryOwner>* owners) {
  constexpr uintptr_t kPage = 4096;
  constexpr uintptr_t kControlBlock = 2304;  // sizeof(struct pthread), glibc 2.36
  signal_safe::thread_registry.ForEach(
      [&](const signal_safe::ThreadFacts& thread, signal_safe::ThreadRecord&) {
        if (thread.stack_high == 0) return;
        const uintptr_t end = (thread.stack_high + kControlBlock + kPage - 1) / kPage * kPage;
        owners->push_back({end - kPage, end, MemoryOwner::Kind::kStack});
      });
}

}  // namespace

void WalkTcmallocRanges(void* argument, void (*visit)(void*, const base::MallocRange*)) {
  const sys::MutexLock lock(one_walk.Get());
  MallocExtension::instance()->Ranges(argument, visit);
}

std::vector<MemoryOwner> ListMemoryOwners(bool with_malloc) {
  std::vector<MemoryOwner> owners;
  if (with_malloc) AddMalloc(&owners);
  AddStacks(&owners);
  sys::ForEachMappedPages([&](uintptr_t begin, size_t bytes) {
    owners.push_back({begin, begin + bytes, MemoryOwner::Kind::kProfiler});
  });
  std::sort(owners.begin(), owners.end(),
            [](const MemoryOwner& a, const MemoryOwner& b) { return a.begin < b.begin; });
  return owners;
}

}  // namespace pprof::profiles
