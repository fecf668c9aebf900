// The operators that, by the standard ([new.delete]), call one that the program has replaced: e.g.
// its operator new also serves new[], and a header that it puts in front of each block must reach
// its operator delete whatever the form of the delete.
#include "profiler/signal_safe/hooks/on_alloc.h"

#if !PPROF_CPP_SANITIZER_OWNS_MALLOC

#include <cstddef>
#include <new>

#include "profiler/interpose/allocation/own_operators.h"
#include "profiler/interpose/allocation/real_allocator.h"

namespace pprof::interpose {
namespace {

namespace hooks = pprof::signal_safe;
using Tag = RealAllocator::Tag;
using Align = RealAllocator::Align;

// Each takes the count back: what the replaced operator takes from malloc is counted there.
void* NewArray(size_t size) {
  hooks::CountBack(size);
  return ::operator new(size);
}
void* NewArrayAligned(size_t size, Align align) {
  hooks::CountBack(size);
  return ::operator new(size, align);
}

template <class Allocate>
void* NullIfThrown(size_t size, Allocate allocate) noexcept {
  hooks::CountBack(size);
  try {
    return allocate();
  } catch (...) {
    return nullptr;
  }
}
void* NewNothrow(size_t size, Tag) noexcept {
  return NullIfThrown(size, [=] { return ::operator new(size); });
}
void* NewArrayNothrow(size_t size, Tag) noexcept {
  return NullIfThrown(size, [=] { return ::operator new[](size); });
}
void* NewAlignedNothrow(size_t size, Align align, Tag) noexcept {
  return NullIfThrown(size, [=] { return ::operator new(size, align); });
}
void* NewArrayAlignedNothrow(size_t size, Align align, Tag) noexcept {
  return NullIfThrown(size, [=] { return ::operator new[](size, align); });
}

void DeleteArray(void* block) noexcept { ::operator delete(block); }
void DeleteSized(void* block, size_t) noexcept { ::operator delete(block); }
void DeleteArraySized(void* block, size_t) noexcept { ::operator delete[](block); }
void DeleteNothrow(void* block, Tag) noexcept { ::operator delete(block); }
void DeleteArrayNothrow(void* block, Tag) noexcept { ::operator delete[](block); }

void DeleteArrayAligned(void* block, Align align) noexcept { ::operator delete(block, align); }
void DeleteSizedAligned(void* block, size_t, Align align) noexcept {
  ::operator delete(block, align);
}
void DeleteArraySizedAligned(void* block, size_t, Align align) noexcept {
  ::operator delete[](block, align);
}
void DeleteAlignedNothrow(void* block, Align align, Tag) noexcept {
  ::operator delete(block, align);
}
void DeleteArrayAlignedNothrow(void* block, Align align, Tag) noexcept {
  ::operator delete[](block, align);
}

template <class Function>
void SetIf(bool replaced, Function* function, Function forward) {
  if (replaced) *function = forward;
}

}  // namespace

void ForwardReplacedOperators(RealAllocator* allocator) noexcept {
  const ReplacedOperators is = FindReplacedOperators();
  RealAllocator& a = *allocator;
  SetIf(is.new_one, &a.new_array, &NewArray);
  SetIf(is.new_one, &a.new_nothrow, &NewNothrow);
  SetIf(is.new_one || is.new_array, &a.new_array_nothrow, &NewArrayNothrow);
  SetIf(is.new_aligned, &a.new_array_aligned, &NewArrayAligned);
  SetIf(is.new_aligned, &a.new_aligned_nothrow, &NewAlignedNothrow);
  SetIf(is.new_aligned || is.new_array_aligned, &a.new_array_aligned_nothrow,
        &NewArrayAlignedNothrow);

  SetIf(is.delete_one, &a.delete_array, &DeleteArray);
  SetIf(is.delete_one, &a.delete_sized, &DeleteSized);
  SetIf(is.delete_one, &a.delete_nothrow, &DeleteNothrow);
  SetIf(is.delete_one || is.delete_array, &a.delete_array_sized, &DeleteArraySized);
  SetIf(is.delete_one || is.delete_array, &a.delete_array_nothrow, &DeleteArrayNothrow);
  SetIf(is.delete_aligned, &a.delete_array_aligned, &DeleteArrayAligned);
  SetIf(is.delete_aligned, &a.delete_sized_aligned, &DeleteSizedAligned);
  SetIf(is.delete_aligned, &a.delete_aligned_nothrow, &DeleteAlignedNothrow);
  const bool array_aligned = is.delete_aligned || is.delete_array_aligned;
  SetIf(array_aligned, &a.delete_array_sized_aligned, &DeleteArraySizedAligned);
  SetIf(array_aligned, &a.delete_array_aligned_nothrow, &DeleteArrayAlignedNothrow);
}

}  // namespace pprof::interpose

#endif  // !PPROF_CPP_SANITIZER_OWNS_MALLOC
