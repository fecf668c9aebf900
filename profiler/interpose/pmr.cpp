// The pools of std::pmr: reported as pprof::ReportAlloc and ReportFree report them, so that the
// heap profile names the code that took an object out of a pool, without a change of the program.
//
// They are members of classes in libstdc++, called through its virtual tables, which the loader
// fills with the first definitions it finds: these. Weak: a program that links libstdc++ statically
// keeps libstdc++'s. Source of the names: the Itanium C++ ABI; of the members: <memory_resource>.
#include <cstddef>

#include "profiler/interpose/next.h"
#include "profiler/signal_safe/hooks/on_alloc.h"

namespace pprof::interpose {
namespace {

constexpr char kSharedAllocate[] = "_ZNSt3pmr26synchronized_pool_resource11do_allocateEmm";
constexpr char kSharedFree[] = "_ZNSt3pmr26synchronized_pool_resource13do_deallocateEPvmm";
constexpr char kAllocate[] = "_ZNSt3pmr28unsynchronized_pool_resource11do_allocateEmm";
constexpr char kFree[] = "_ZNSt3pmr28unsynchronized_pool_resource13do_deallocateEPvmm";

using Allocate = void*(void*, size_t, size_t);
using Free = void(void*, void*, size_t, size_t);

// noinline: it would add a stack frame of variables to the usual path.
__attribute__((noinline, cold)) void Report(const void* block, size_t size, void* caller) {
  const uint64_t interval = signal_safe::OnCountdownEnd(size);
  if (interval != 0) signal_safe::OnPoolAlloc(block, size, interval, caller);
}

template <const char* kName>
__attribute__((always_inline)) inline void* Take(void* pool, size_t bytes, size_t alignment,
                                                 void* caller) {
  void* block = Next<Allocate, kName>::Call(pool, bytes, alignment);
  if (!signal_safe::CountDown(bytes)) Report(block, bytes, caller);
  return block;
}

template <const char* kName>
void GiveBack(void* pool, void* block, size_t bytes, size_t alignment) {
  if (signal_safe::MayBeSampledInPool(block)) signal_safe::OnPoolFree(block);
  Next<Free, kName>::Call(pool, block, bytes, alignment);
}

}  // namespace
}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow

extern "C" {

PPROF_EXPORT_WEAK void* pprof_cpp_shared_pool_allocate(
    void* pool, size_t bytes,
    size_t alignment) __asm__("_ZNSt3pmr26synchronized_pool_resource11do_allocateEmm");
PPROF_EXPORT_WEAK void pprof_cpp_shared_pool_free(
    void* pool, void* block, size_t bytes,
    size_t alignment) __asm__("_ZNSt3pmr26synchronized_pool_resource13do_deallocateEPvmm");
PPROF_EXPORT_WEAK void* pprof_cpp_pool_allocate(void* pool, size_t bytes, size_t alignment) __asm__(
    "_ZNSt3pmr28unsynchronized_pool_resource11do_allocateEmm");
PPROF_EXPORT_WEAK void pprof_cpp_pool_free(
    void* pool, void* block, size_t bytes,
    size_t alignment) __asm__("_ZNSt3pmr28unsynchronized_pool_resource13do_deallocateEPvmm");

void* pprof_cpp_shared_pool_allocate(void* pool, size_t bytes, size_t alignment) {
  return Take<kSharedAllocate>(pool, bytes, alignment, __builtin_return_address(0));
}

void pprof_cpp_shared_pool_free(void* pool, void* block, size_t bytes, size_t alignment) {
  GiveBack<kSharedFree>(pool, block, bytes, alignment);
}

void* pprof_cpp_pool_allocate(void* pool, size_t bytes, size_t alignment) {
  return Take<kAllocate>(pool, bytes, alignment, __builtin_return_address(0));
}

void pprof_cpp_pool_free(void* pool, void* block, size_t bytes, size_t alignment) {
  GiveBack<kFree>(pool, block, bytes, alignment);
}

}  // extern "C"
