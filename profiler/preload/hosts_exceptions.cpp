// A failed operator new belongs to the program: its new handler is asked, and its libstdc++ throws
// std::bad_alloc. The copy of libstdc++ in this library knows neither the handler nor how many
// exceptions the program's threads have under way.
#include <dlfcn.h>
#include <unwind.h>

#include <cstddef>
#include <new>

#include "profiler/interpose/allocation/real_allocator.h"

namespace pprof::preload {
namespace {

using interpose::RealAllocator;
using Tag = RealAllocator::Tag;
using Align = RealAllocator::Align;

// The program's function; nullptr if it has no shared libstdc++, and then nobody throws but us.
template <class Function>
Function Hosts(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

// tcmalloc calls it after each failed attempt, and tries again when it returns.
void OnNoMemory() {
  const auto find = Hosts<std::new_handler (*)()>("_ZSt15get_new_handlerv");
  if (const std::new_handler handler = find != nullptr ? find() : nullptr) return handler();
  if (const auto fail = Hosts<void (*)()>("_ZSt17__throw_bad_allocv")) fail();
  throw std::bad_alloc();
}

constexpr char kNew[] = "_ZnwmRKSt9nothrow_t";
constexpr char kNewArray[] = "_ZnamRKSt9nothrow_t";
constexpr char kNewAligned[] = "_ZnwmSt11align_val_tRKSt9nothrow_t";
constexpr char kNewArrayAligned[] = "_ZnamSt11align_val_tRKSt9nothrow_t";

// tcmalloc would catch what OnNoMemory throws; only the program's libstdc++ may.
template <const char* kName>
void* NewNothrow(size_t size, Tag tag) noexcept {
  if (void* block = interpose::real.malloc(size)) return block;
  const auto next = Hosts<void* (*)(size_t, Tag)>(kName);
  return next == nullptr ? nullptr : next(size, tag);
}
template <const char* kName>
void* NewAlignedNothrow(size_t size, Align align, Tag tag) noexcept {
  if (void* block = interpose::real.memalign(static_cast<size_t>(align), size)) return block;
  const auto next = Hosts<void* (*)(size_t, Align, Tag)>(kName);
  return next == nullptr ? nullptr : next(size, align, tag);
}

// The program's unwinder calls the personality routine of this library for its frames, which asks
// this library's copy of the unwinder; and that aborts before its own first walk.
_Unwind_Reason_Code EndWalk(_Unwind_Context*, void*) { return _URC_NORMAL_STOP; }
__attribute__((constructor)) void PrepareUnwinder() { _Unwind_Backtrace(EndWalk, nullptr); }

// Not where the program has replaced the operator: its own, to which ours leads, stays.
template <class Function>
void Replace(Function RealAllocator::*function, Function ours) {
  RealAllocator& real = interpose::real;
  RealAllocator& sampled = interpose::sampled;
  if (real.*function == sampled.*function) real.*function = sampled.*function = ours;
}

// After the allocator is settled.
__attribute__((constructor)) void LeaveFailuresToTheProgram() {
  std::set_new_handler(OnNoMemory);
  Replace(&RealAllocator::new_nothrow, NewNothrow<kNew>);
  Replace(&RealAllocator::new_array_nothrow, NewNothrow<kNewArray>);
  Replace(&RealAllocator::new_aligned_nothrow, NewAlignedNothrow<kNewAligned>);
  Replace(&RealAllocator::new_array_aligned_nothrow, NewAlignedNothrow<kNewArrayAligned>);
}

}  // namespace
}  // namespace pprof::preload
