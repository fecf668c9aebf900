#include "profiler/interpose/allocation/passage.h"

#include "profiler/signal_safe/hooks/on_alloc.h"

#if !PPROF_CPP_SANITIZER_OWNS_MALLOC

#include <gperftools/malloc_extension_c.h>

#include <cerrno>
#include <cstddef>
#include <new>

#include "profiler/interpose/allocation/own_operators.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::interpose {
namespace {

using sys::LoadedModule;
using Tag = RealAllocator::Tag;
using Align = RealAllocator::Align;

// The process's functions; nullptr: it has none.
struct ProcessAllocator {
  void* (*malloc)(size_t);
  void (*free)(void*);
  void* (*calloc)(size_t, size_t);
  void* (*realloc)(void*, size_t);
  void* (*memalign)(size_t, size_t);
  int (*posix_memalign)(void**, size_t, size_t);
  void* (*valloc)(size_t);
  void* (*pvalloc)(size_t);
  size_t (*usable_size)(void*);
  // Set by FollowOperatorNew, in pairs.
  void* (*new_one)(size_t);
  void (*delete_one)(void*);
  void* (*new_aligned)(size_t, Align);
  void (*delete_aligned)(void*, Align);
};
ProcessAllocator process;
// False: no library was bound to tcmalloc, and none of its functions may run yet.
bool tcmalloc_may_have_blocks = true;

bool IsTcmallocs(void* block) {
  return tcmalloc_may_have_blocks && block != nullptr &&
         MallocExtension_GetOwnership(block) == MallocExtension_kOwned;
}

void* Malloc(size_t size) noexcept { return process.malloc(size); }
void* Calloc(size_t count, size_t size) noexcept { return process.calloc(count, size); }
void* Memalign(size_t alignment, size_t size) noexcept { return process.memalign(alignment, size); }
int PosixMemalign(void** block, size_t alignment, size_t size) noexcept {
  return process.posix_memalign(block, alignment, size);
}
void* Valloc(size_t size) noexcept { return process.valloc(size); }
void* Pvalloc(size_t size) noexcept { return process.pvalloc(size); }

void Free(void* block) noexcept {
  if (IsTcmallocs(block)) return kTcmalloc.free(block);
  process.free(block);
}
void* Realloc(void* block, size_t size) noexcept {
  return IsTcmallocs(block) ? kTcmalloc.realloc(block, size) : process.realloc(block, size);
}
size_t UsableSize(void* block) noexcept {
  return IsTcmallocs(block) ? kTcmalloc.usable_size(block) : process.usable_size(block);
}

// As libstdc++ does it.
template <class Allocate>
void* AllocateOrThrow(Allocate allocate) {
  for (;;) {
    if (void* block = allocate()) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void* New(size_t size) {
  if (process.new_one != nullptr) return process.new_one(size);
  return AllocateOrThrow([=] { return process.malloc(size == 0 ? 1 : size); });
}
void* NewAligned(size_t size, Align align) {
  if (process.new_aligned != nullptr) return process.new_aligned(size, align);
  return AllocateOrThrow(
      [=] { return process.memalign(static_cast<size_t>(align), size == 0 ? 1 : size); });
}
void* NewNothrow(size_t size, Tag) noexcept {
  try {
    return New(size);
  } catch (...) {
    return nullptr;
  }
}
void* NewAlignedNothrow(size_t size, Align align, Tag) noexcept {
  try {
    return NewAligned(size, align);
  } catch (...) {
    return nullptr;
  }
}

void Delete(void* block) noexcept {
  if (IsTcmallocs(block)) return kTcmalloc.delete_one(block);
  process.delete_one != nullptr ? process.delete_one(block) : process.free(block);
}
void DeleteSized(void* block, size_t) noexcept { Delete(block); }
void DeleteNothrow(void* block, Tag) noexcept { Delete(block); }
void DeleteAligned(void* block, Align align) noexcept {
  if (IsTcmallocs(block)) return kTcmalloc.delete_aligned(block, align);
  process.delete_aligned != nullptr ? process.delete_aligned(block, align) : process.free(block);
}
void DeleteSizedAligned(void* block, size_t, Align align) noexcept { DeleteAligned(block, align); }
void DeleteAlignedNothrow(void* block, Align align, Tag) noexcept { DeleteAligned(block, align); }

template <class Function>
void SetTo(uintptr_t address, Function* function) {
  if (address != 0) *function = reinterpret_cast<Function>(address);
}

template <class Function>
void Set(LoadedModule module, const char* name, Function* function) {
  SetTo(module.Exported(name), function);
}

// The first definition of `name` in load order that is not in `own`; 0: none.
uintptr_t ElsewhereThan(LoadedModule own, const char* name) {
  for (LoadedModule module = LoadedModule::First(); module; module = module.Next()) {
    const uintptr_t address = module == own ? 0 : module.Exported(name);
    if (address != 0) return address;
  }
  return 0;
}

// Fills `process` with the functions at find(name).
template <class Find>
void FindAll(Find find) {
  SetTo(find("malloc"), &process.malloc);
  SetTo(find("free"), &process.free);
  SetTo(find("calloc"), &process.calloc);
  SetTo(find("realloc"), &process.realloc);
  SetTo(find("memalign"), &process.memalign);
  SetTo(find("posix_memalign"), &process.posix_memalign);
  SetTo(find("valloc"), &process.valloc);
  SetTo(find("pvalloc"), &process.pvalloc);
  SetTo(find("malloc_usable_size"), &process.usable_size);
}

// The function that `module` calls for `name`, after `call` has made it call once.
template <class Function, class Call>
Function Bound(LoadedModule module, const char* name, Call call) {
  if (const uintptr_t entry = module.CallEntry(name)) call(reinterpret_cast<Function>(entry));
  return reinterpret_cast<Function>(module.Called(name));
}

LoadedModule Tcmalloc() {
  return LoadedModule::Of(reinterpret_cast<const void*>(kTcmalloc.malloc));
}

constexpr RealAllocator kPassage = {
    &Malloc, &Free, &Calloc, &Realloc, &Memalign, &PosixMemalign, &Valloc, &Pvalloc, &UsableSize,
    // new: one, array, and their forms
    &New, &New, &NewNothrow, &NewNothrow, &NewAligned, &NewAligned, &NewAlignedNothrow,
    &NewAlignedNothrow,
    // delete
    &Delete, &Delete, &DeleteSized, &DeleteSized, &DeleteNothrow, &DeleteNothrow, &DeleteAligned,
    &DeleteAligned, &DeleteSizedAligned, &DeleteSizedAligned, &DeleteAlignedNothrow,
    &DeleteAlignedNothrow};

struct SanitizersFunctions {
  void* (*new_one)(size_t);
  void (*ignore_leak)(const void*);
};
SanitizersFunctions sanitizers;

// gperftools replaces its first MallocExtension, 8 bytes, at load and never frees it: every program
// would end with a report of LeakSanitizer.
void* NewWithoutTcmallocsLeak(size_t size) {
  void* const block = sanitizers.new_one(size);
  if (size == sizeof(void*) && LoadedModule::Of(__builtin_return_address(0)) == Tcmalloc()) {
    sanitizers.ignore_leak(block);
  }
  return block;
}

template <class Function>
bool IsOwn(Function function) {
  const auto* address = reinterpret_cast<const void*>(function);
  return address == OwnOperatorNew() || address == OwnAlignedOperatorNew();
}

}  // namespace

RealAllocator MakePassage(LoadedModule own) noexcept {
  FindAll([own](const char* name) { return ElsewhereThan(own, name); });
  return kPassage;
}

RealAllocator MakePassageToSanitizer(LoadedModule sanitizer, LoadedModule own) noexcept {
  if (sanitizer == own) {
    tcmalloc_may_have_blocks = false;
    FindAll([own](const char* name) { return sys::Interceptor(own, name); });
    return process.malloc != nullptr ? kPassage : kTcmalloc;
  }
  RealAllocator to = MakePassageTo(sanitizer);
  Set(sanitizer, "__lsan_ignore_object", &sanitizers.ignore_leak);
  if (sanitizers.ignore_leak == nullptr) return to;
  sanitizers.new_one = to.new_one;
  to.new_one = &NewWithoutTcmallocsLeak;
  return to;
}

RealAllocator MakePassageTo(LoadedModule copy) noexcept {
  RealAllocator to = kTcmalloc;
  Set(copy, "malloc", &to.malloc);
  Set(copy, "free", &to.free);
  Set(copy, "calloc", &to.calloc);
  Set(copy, "realloc", &to.realloc);
  Set(copy, "memalign", &to.memalign);
  Set(copy, "posix_memalign", &to.posix_memalign);
  Set(copy, "valloc", &to.valloc);
  Set(copy, "pvalloc", &to.pvalloc);
  Set(copy, "malloc_usable_size", &to.usable_size);
  Set(copy, "_Znwm", &to.new_one);
  Set(copy, "_Znam", &to.new_array);
  Set(copy, "_ZnwmRKSt9nothrow_t", &to.new_nothrow);
  Set(copy, "_ZnamRKSt9nothrow_t", &to.new_array_nothrow);
  Set(copy, "_ZnwmSt11align_val_t", &to.new_aligned);
  Set(copy, "_ZnamSt11align_val_t", &to.new_array_aligned);
  Set(copy, "_ZnwmSt11align_val_tRKSt9nothrow_t", &to.new_aligned_nothrow);
  Set(copy, "_ZnamSt11align_val_tRKSt9nothrow_t", &to.new_array_aligned_nothrow);
  Set(copy, "_ZdlPv", &to.delete_one);
  Set(copy, "_ZdaPv", &to.delete_array);
  Set(copy, "_ZdlPvm", &to.delete_sized);
  Set(copy, "_ZdaPvm", &to.delete_array_sized);
  Set(copy, "_ZdlPvRKSt9nothrow_t", &to.delete_nothrow);
  Set(copy, "_ZdaPvRKSt9nothrow_t", &to.delete_array_nothrow);
  Set(copy, "_ZdlPvSt11align_val_t", &to.delete_aligned);
  Set(copy, "_ZdaPvSt11align_val_t", &to.delete_array_aligned);
  Set(copy, "_ZdlPvmSt11align_val_t", &to.delete_sized_aligned);
  Set(copy, "_ZdaPvmSt11align_val_t", &to.delete_array_sized_aligned);
  Set(copy, "_ZdlPvSt11align_val_tRKSt9nothrow_t", &to.delete_aligned_nothrow);
  Set(copy, "_ZdaPvSt11align_val_tRKSt9nothrow_t", &to.delete_array_aligned_nothrow);
  return to;
}

void FollowOperatorNew() noexcept {
  const LoadedModule cxx = LoadedModule::Named("libstdc++.so.");
  if (!cxx) return;  // linked statically: nobody else has these operators
  using New = void* (*)(size_t);
  using NewAlignedTo = void* (*)(size_t, Align);
  using Delete = void (*)(void*);
  using DeleteAlignedTo = void (*)(void*, Align);
  constexpr Align kAlign{64};
  void* block = nullptr;
  const auto new_one = Bound<New>(cxx, "_Znwm", [&](New call) { block = call(1); });
  const auto delete_one = Bound<Delete>(cxx, "_ZdlPv", [&](Delete call) { call(block); });
  if (new_one == nullptr || delete_one == nullptr || IsOwn(new_one)) return;
  process.new_one = new_one;
  process.delete_one = delete_one;
  block = nullptr;
  const auto new_aligned = Bound<NewAlignedTo>(cxx, "_ZnwmSt11align_val_t",
                                               [&](NewAlignedTo call) { block = call(1, kAlign); });
  const auto delete_aligned = Bound<DeleteAlignedTo>(
      cxx, "_ZdlPvSt11align_val_t", [&](DeleteAlignedTo call) { call(block, kAlign); });
  if (new_aligned == nullptr || delete_aligned == nullptr || IsOwn(new_aligned)) return;
  process.new_aligned = new_aligned;
  process.delete_aligned = delete_aligned;
}

}  // namespace pprof::interpose

#endif  // !PPROF_CPP_SANITIZER_OWNS_MALLOC
