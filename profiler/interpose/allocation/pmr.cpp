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

template <const auto& kName>
__attribute__((always_inline)) inline void* Take(void* pool, size_t bytes, size_t alignment,
                                                 void* caller) {
  void* block = Next<void*(void*, size_t, size_t), kName>::Call(pool, bytes, alignment);
  signal_safe::OnPoolAlloc(block, bytes, caller);
  return block;
}

template <const auto& kName>
void GiveBack(void* pool, void* block, size_t bytes, size_t alignment) {
  signal_safe::OnPoolFree(block);
  Next<void(void*, void*, size_t, size_t), kName>::Call(pool, block, bytes, alignment);
}

}  // namespace
}  // namespace pprof::interpose

// Defines do_allocate and do_deallocate of a class, under their mangled names.
#define PPROF_POOL(type, allocate, deallocate)                                                     \
  namespace {                                                                                      \
  constexpr char k##type##Allocate[] = allocate;                                                   \
  constexpr char k##type##Free[] = deallocate;                                                     \
  }                                                                                                \
  extern "C" {                                                                                     \
  PPROF_EXPORT_WEAK void* pprof_cpp_##type##Allocate(void*, size_t, size_t) __asm__(allocate);     \
  PPROF_EXPORT_WEAK void pprof_cpp_##type##Free(void*, void*, size_t, size_t) __asm__(deallocate); \
  void* pprof_cpp_##type##Allocate(void* pool, size_t bytes, size_t alignment) {                   \
    return pprof::interpose::Take<k##type##Allocate>(pool, bytes, alignment,                       \
                                                     __builtin_return_address(0));                 \
  }                                                                                                \
  void pprof_cpp_##type##Free(void* pool, void* block, size_t bytes, size_t alignment) {           \
    pprof::interpose::GiveBack<k##type##Free>(pool, block, bytes, alignment);                      \
  }                                                                                                \
  }

PPROF_POOL(Shared, "_ZNSt3pmr26synchronized_pool_resource11do_allocateEmm",
           "_ZNSt3pmr26synchronized_pool_resource13do_deallocateEPvmm")
PPROF_POOL(Unshared, "_ZNSt3pmr28unsynchronized_pool_resource11do_allocateEmm",
           "_ZNSt3pmr28unsynchronized_pool_resource13do_deallocateEPvmm")
