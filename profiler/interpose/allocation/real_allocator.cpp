#include "profiler/interpose/allocation/real_allocator.h"

#include "profiler/signal_safe/hooks/on_alloc.h"

#if !PPROF_CPP_SANITIZER_OWNS_MALLOC

#include <gperftools/tcmalloc.h>

#include <atomic>
#include <string_view>

#include "profiler/interpose/allocation/allocator_report.h"
#include "profiler/interpose/allocation/own_operators.h"
#include "profiler/interpose/allocation/passage.h"
#include "profiler/sys/modules/loaded_module.h"
#include "profiler/sys/process/environment.h"
#include "profiler/sys/process/sanitizers.h"

extern "C" {
void* malloc(size_t) noexcept;  // NOLINT(readability-redundant-declaration): as it is linked
void* pprof_cpp_own_malloc(size_t) noexcept PPROF_HIDDEN;
extern const char pprof_cpp_reads_profiles __attribute__((weak, visibility("hidden")));
extern const char pprof_cpp_is_preloaded __attribute__((weak, visibility("hidden")));
}

namespace pprof::interpose {
namespace {

using sys::Definition;
using sys::LoadedModule;

bool settled = false;

const void* OwnMalloc() { return reinterpret_cast<const void*>(&pprof_cpp_own_malloc); }

// What `malloc` means in this module.
const void* LinkedMalloc() {
  void* (*linked)(size_t) = &malloc;
  __asm__("" : "+r"(linked));  // or the compiler would take it for its own
  return reinterpret_cast<const void*>(linked);
}

// Whether the malloc that the C library calls, neither this module's nor tcmalloc's, serves
// everybody but the callers in this module.
bool MustPassOn(LoadedModule own, const void* caller) {
  const bool hidden = own.Exported("malloc") != reinterpret_cast<uintptr_t>(OwnMalloc());
  const bool late = LoadedModule::Named("libc.so.").IsBefore(own);  // a plugin, or -lc before us
  if (hidden || late) return true;
  // It may be a wrapper that calls us. If it is not, only this module's own calls can come
  // here, and only where -Bsymbolic has bound them.
  if (LinkedMalloc() != OwnMalloc()) return false;
  return caller == nullptr || LoadedModule::Of(caller) == own;
}

bool IsCopy(LoadedModule module) { return module.Exported("pprof_cpp_interposes_malloc") != 0; }

// The first module from this one on, other than `own`, that has a malloc; none if there is none.
LoadedModule FirstWithMalloc(LoadedModule module, LoadedModule own) {
  while (module && (module == own || module.Exported("malloc") == 0)) module = module.Next();
  return module;
}

// The next copy of the profiler, if nobody can read this one's profile: a program that links the
// profiler only because a library of its does, which has its own.
LoadedModule CopyToServe(LoadedModule own) {
  if (&pprof_cpp_reads_profiles != nullptr) return {};
  const LoadedModule module = FirstWithMalloc(own.Next(), own);
  return module && IsCopy(module) ? module : LoadedModule();
}

// Whether the preload library leaves the program its own allocator, which is then the next in load
// order. By choice; or since the program calls functions that only that one has, and may free their
// blocks as those of malloc.
bool KeepsProgramsAllocator(LoadedModule own) {
  if (&pprof_cpp_is_preloaded == nullptr) return false;
  if (const char* choice = sys::FindEnvironment("PPROF_CPP_ALLOCATOR")) {
    return std::string_view(choice) == "keep";
  }
  const LoadedModule next = FirstWithMalloc(LoadedModule::First(), own);
  return next && (next.Exported("mallocx") != 0 || next.Exported("mi_malloc") != 0);
}

const char* NameOfNextAllocator(LoadedModule own) {
  const LoadedModule next = FirstWithMalloc(LoadedModule::First(), own);
  return next ? next.path() : nullptr;
}

// Stands in for a function until its first call.
template <auto kFunction>
struct First;
template <class R, class... Arguments, bool kNoexcept,
          R (*RealAllocator::*kFunction)(Arguments...) noexcept(kNoexcept)>
struct First<kFunction> {
  static R Call(Arguments... arguments) noexcept(kNoexcept) {
    Settle(__builtin_return_address(0));
    return (real.*kFunction)(arguments...);
  }
};

// The earliest priority open to constructors of a program.
__attribute__((constructor(101))) void SettleAtLoad() { Settle(nullptr); }

}  // namespace

constexpr RealAllocator kTcmalloc = {
    &tc_malloc, &tc_free, &tc_calloc, &tc_realloc, &tc_memalign, &tc_posix_memalign, &tc_valloc,
    &tc_pvalloc, &tc_malloc_size,
    // new: one, array, and their forms
    &tc_new, &tc_newarray, &tc_new_nothrow, &tc_newarray_nothrow, &tc_new_aligned,
    &tc_newarray_aligned, &tc_new_aligned_nothrow, &tc_newarray_aligned_nothrow,
    // delete
    &tc_delete, &tc_deletearray, &tc_delete_sized, &tc_deletearray_sized, &tc_delete_nothrow,
    &tc_deletearray_nothrow, &tc_delete_aligned, &tc_deletearray_aligned, &tc_delete_sized_aligned,
    &tc_deletearray_sized_aligned, &tc_delete_aligned_nothrow, &tc_deletearray_aligned_nothrow};

RealAllocator sampled = kTcmalloc;

#define PPROF_FIRST(member) &First<&RealAllocator::member>::Call
alignas(64) RealAllocator real = {
    PPROF_FIRST(malloc), PPROF_FIRST(free), PPROF_FIRST(calloc), PPROF_FIRST(realloc),
    PPROF_FIRST(memalign), PPROF_FIRST(posix_memalign), PPROF_FIRST(valloc), PPROF_FIRST(pvalloc),
    PPROF_FIRST(usable_size),
    // new
    PPROF_FIRST(new_one), PPROF_FIRST(new_array), PPROF_FIRST(new_nothrow),
    PPROF_FIRST(new_array_nothrow), PPROF_FIRST(new_aligned), PPROF_FIRST(new_array_aligned),
    PPROF_FIRST(new_aligned_nothrow), PPROF_FIRST(new_array_aligned_nothrow),
    // delete
    PPROF_FIRST(delete_one), PPROF_FIRST(delete_array), PPROF_FIRST(delete_sized),
    PPROF_FIRST(delete_array_sized), PPROF_FIRST(delete_nothrow), PPROF_FIRST(delete_array_nothrow),
    PPROF_FIRST(delete_aligned), PPROF_FIRST(delete_array_aligned),
    PPROF_FIRST(delete_sized_aligned), PPROF_FIRST(delete_array_sized_aligned),
    PPROF_FIRST(delete_aligned_nothrow), PPROF_FIRST(delete_array_aligned_nothrow)};

// Calls no function of the C library: the first malloc precedes the set-up of a sanitizer that
// would intercept it. FollowOperatorNew calls malloc, by way of libstdc++.
void Settle(const void* caller) noexcept {
  if (settled) return;
  settled = true;
  signal_safe::heap_sampler.operator_new.store(OwnOperatorNew(), std::memory_order_relaxed);
  const LoadedModule own = LoadedModule::Of(OwnMalloc());
  const Definition front = sys::FirstDefinition("malloc");
  const bool in_front = front.address == reinterpret_cast<uintptr_t>(OwnMalloc());
  if (const LoadedModule copy = own && in_front ? CopyToServe(own) : LoadedModule()) {
    real = MakePassageTo(copy);
    ForwardReplacedOperators(&real);
    return;
  }
  // The program was built with a sanitizer, this code was not. With another malloc in front
  // AddressSanitizer would miss errors, and ThreadSanitizer, not set up yet, would crash.
  if (const LoadedModule sanitizer = in_front ? sys::SanitizerModule() : LoadedModule()) {
    real = MakePassageToSanitizer(sanitizer, own);
    return;
  }
  const bool uses_tcmalloc = in_front || !front.module || IsCopy(front.module) ||
                             front.module == sys::FirstDefinition("tc_malloc").module;
  if (own && !uses_tcmalloc && MustPassOn(own, caller)) {
    real = MakePassage(own);
    FollowOperatorNew();
    return;
  }
  if (own && in_front && KeepsProgramsAllocator(own)) {
    signal_safe::heap_sampler.allocator.store(NameOfNextAllocator(own), std::memory_order_relaxed);
    real = sampled = MakePassage(own);
    FollowOperatorNew();
    return;
  }
  DropLinesOnFailedRequests();
  real = kTcmalloc;
  ForwardReplacedOperators(&real);
}

}  // namespace pprof::interpose

#endif  // !PPROF_CPP_SANITIZER_OWNS_MALLOC
