// Defines operator new and operator delete, like malloc and free in allocator.cpp.
//
// A program may replace only some of them; the standard says which of the others then call its own.
// replaced_operators.cpp sees to that.
#include "profiler/signal_safe/hooks/on_alloc.h"

#if !PPROF_CPP_SANITIZER_OWNS_MALLOC

#include <cstddef>
#include <new>

#include "profiler/interpose/allocation/allocate.h"
#include "profiler/interpose/allocation/own_operators.h"
#include "profiler/interpose/allocation/real_allocator.h"

namespace pprof::interpose {
namespace {

// After a countdown that ended.
template <auto kFunction, class... Arguments>
PPROF_SLOW void* SlowNew(size_t size, void* caller, Arguments... arguments) noexcept(
    noexcept((real.*kFunction)(size, arguments...))) {
  return AllocateSlowly(size, caller, kFunction, size, arguments...);
}

// The page holds a sampled block, most likely not this one.
template <auto kFunction, class... Arguments>
PPROF_SLOW void SlowDelete(void* block, Arguments... arguments) noexcept {
  hooks::OnFree(block);
  (real.*kFunction)(block, arguments...);
}

}  // namespace
}  // namespace pprof::interpose

using namespace pprof::interpose;  // NOLINT(google-build-using-namespace): global functions follow
using Real = RealAllocator;
using Align = RealAllocator::Align;
using Tag = RealAllocator::Tag;

PPROF_ALLOCATOR void* operator new(size_t size) {
  if (hooks::CountDown(size)) return real.new_one(size);
  return SlowNew<&Real::new_one>(size, __builtin_return_address(0));
}
PPROF_ALLOCATOR void* operator new[](size_t size) {
  if (hooks::CountDown(size)) return real.new_array(size);
  return SlowNew<&Real::new_array>(size, __builtin_return_address(0));
}
PPROF_ALLOCATOR void* operator new(size_t size, Tag tag) noexcept {
  if (hooks::CountDown(size)) return real.new_nothrow(size, tag);
  return SlowNew<&Real::new_nothrow>(size, __builtin_return_address(0), tag);
}
PPROF_ALLOCATOR void* operator new[](size_t size, Tag tag) noexcept {
  if (hooks::CountDown(size)) return real.new_array_nothrow(size, tag);
  return SlowNew<&Real::new_array_nothrow>(size, __builtin_return_address(0), tag);
}
PPROF_ALLOCATOR void* operator new(size_t size, Align align) {
  if (hooks::CountDown(size)) return real.new_aligned(size, align);
  return SlowNew<&Real::new_aligned>(size, __builtin_return_address(0), align);
}
PPROF_ALLOCATOR void* operator new[](size_t size, Align align) {
  if (hooks::CountDown(size)) return real.new_array_aligned(size, align);
  return SlowNew<&Real::new_array_aligned>(size, __builtin_return_address(0), align);
}
PPROF_ALLOCATOR void* operator new(size_t size, Align align, Tag tag) noexcept {
  if (hooks::CountDown(size)) return real.new_aligned_nothrow(size, align, tag);
  return SlowNew<&Real::new_aligned_nothrow>(size, __builtin_return_address(0), align, tag);
}
PPROF_ALLOCATOR void* operator new[](size_t size, Align align, Tag tag) noexcept {
  if (hooks::CountDown(size)) return real.new_array_aligned_nothrow(size, align, tag);
  return SlowNew<&Real::new_array_aligned_nothrow>(size, __builtin_return_address(0), align, tag);
}

PPROF_ALLOCATOR void operator delete(void* block) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_one(block);
  SlowDelete<&Real::delete_one>(block);
}
PPROF_ALLOCATOR void operator delete[](void* block) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_array(block);
  SlowDelete<&Real::delete_array>(block);
}
PPROF_ALLOCATOR void operator delete(void* block, size_t size) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_sized(block, size);
  SlowDelete<&Real::delete_sized>(block, size);
}
PPROF_ALLOCATOR void operator delete[](void* block, size_t size) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_array_sized(block, size);
  SlowDelete<&Real::delete_array_sized>(block, size);
}
PPROF_ALLOCATOR void operator delete(void* block, Tag tag) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_nothrow(block, tag);
  SlowDelete<&Real::delete_nothrow>(block, tag);
}
PPROF_ALLOCATOR void operator delete[](void* block, Tag tag) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_array_nothrow(block, tag);
  SlowDelete<&Real::delete_array_nothrow>(block, tag);
}
PPROF_ALLOCATOR void operator delete(void* block, Align align) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_aligned(block, align);
  SlowDelete<&Real::delete_aligned>(block, align);
}
PPROF_ALLOCATOR void operator delete[](void* block, Align align) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_array_aligned(block, align);
  SlowDelete<&Real::delete_array_aligned>(block, align);
}
PPROF_ALLOCATOR void operator delete(void* block, size_t size, Align align) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_sized_aligned(block, size, align);
  SlowDelete<&Real::delete_sized_aligned>(block, size, align);
}
PPROF_ALLOCATOR void operator delete[](void* block, size_t size, Align align) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_array_sized_aligned(block, size, align);
  SlowDelete<&Real::delete_array_sized_aligned>(block, size, align);
}
PPROF_ALLOCATOR void operator delete(void* block, Align align, Tag tag) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_aligned_nothrow(block, align, tag);
  SlowDelete<&Real::delete_aligned_nothrow>(block, align, tag);
}
PPROF_ALLOCATOR void operator delete[](void* block, Align align, Tag tag) noexcept {
  if (!hooks::MayBeSampled(block)) return real.delete_array_aligned_nothrow(block, align, tag);
  SlowDelete<&Real::delete_array_aligned_nothrow>(block, align, tag);
}

// Second names that no other definition can take over.
#define PPROF_OWN(symbol) __attribute__((visibility("hidden"), alias(symbol)))
extern "C" {
PPROF_OWN("_Znwm") void* pprof_cpp_new(size_t);
PPROF_OWN("_Znam") void* pprof_cpp_new_array(size_t);
PPROF_OWN("_ZnwmSt11align_val_t") void* pprof_cpp_new_aligned(size_t, Align);
PPROF_OWN("_ZnamSt11align_val_t") void* pprof_cpp_new_array_aligned(size_t, Align);
PPROF_OWN("_ZdlPv") void pprof_cpp_delete(void*) noexcept;
PPROF_OWN("_ZdaPv") void pprof_cpp_delete_array(void*) noexcept;
PPROF_OWN("_ZdlPvSt11align_val_t") void pprof_cpp_delete_aligned(void*, Align) noexcept;
PPROF_OWN("_ZdaPvSt11align_val_t") void pprof_cpp_delete_array_aligned(void*, Align) noexcept;
}

namespace pprof::interpose {
namespace {

// At run time: the compiler would take two names of one function in this file for equal.
template <class Function>
bool Differ(Function* linked, Function* own) {
  __asm__("" : "+r"(linked), "+r"(own));
  return linked != own;
}

}  // namespace

ReplacedOperators FindReplacedOperators() noexcept {
  using New = void*(size_t);
  using NewAligned = void*(size_t, Align);
  using Delete = void(void*) noexcept;
  using DeleteAligned = void(void*, Align) noexcept;
  return {Differ<New>(&::operator new, &pprof_cpp_new),
          Differ<New>(&::operator new[], &pprof_cpp_new_array),
          Differ<NewAligned>(&::operator new, &pprof_cpp_new_aligned),
          Differ<NewAligned>(&::operator new[], &pprof_cpp_new_array_aligned),
          Differ<Delete>(&::operator delete, &pprof_cpp_delete),
          Differ<Delete>(&::operator delete[], &pprof_cpp_delete_array),
          Differ<DeleteAligned>(&::operator delete, &pprof_cpp_delete_aligned),
          Differ<DeleteAligned>(&::operator delete[], &pprof_cpp_delete_array_aligned)};
}

const void* OwnOperatorNew() noexcept { return reinterpret_cast<const void*>(&pprof_cpp_new); }
const void* OwnAlignedOperatorNew() noexcept {
  return reinterpret_cast<const void*>(&pprof_cpp_new_aligned);
}

}  // namespace pprof::interpose

#endif  // !PPROF_CPP_SANITIZER_OWNS_MALLOC
