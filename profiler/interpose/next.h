// The next definition of a function that we stand before: libc's, or another wrapper's.
//
//   constexpr char kName[] = "pthread_mutex_lock";
//   using NextLock = Next<int(pthread_mutex_t*) noexcept, kName>;
//   NextLock::Call(mutex);
//
// noexcept in the type must be the definition's: else a call could not become a jump.
//
// A call is one load and an indirect jump: the pointer's initial value is a function that looks the
// name up, so that a call before our constructor needs no branch of its own.
#pragma once

#include <atomic>

// Weak: a program that wraps one of these functions itself keeps its own.
#define PPROF_EXPORT_WEAK __attribute__((weak, visibility("default")))

namespace pprof::interpose {

// The address of the next `name`, of that version unless nullptr; ends the process when there is
// none. Not signal-safe: takes the loader's lock.
void* FindNext(const char* name, const char* version);

// REQUIRES: glibc has the name (and the version): a dlsym that fails would call malloc.
// Thread safety: safe. Signal safety: Call is, once resolved.
template <class Signature, const char* kName, const char* kVersion = nullptr>
class Next;

template <class R, class... Args, bool kNoexcept, const char* kName, const char* kVersion>
class Next<R(Args...) noexcept(kNoexcept), kName, kVersion> {
 public:
  using Function = R (*)(Args...) noexcept(kNoexcept);

  static R Call(Args... args) noexcept(kNoexcept) {
    return pointer_.load(std::memory_order_relaxed)(args...);
  }

  // Looks the name up. Not signal-safe: takes the loader's lock. Called for every function at load,
  // because a thread that waits for that lock may hold one of the program's.
  static void Resolve() {
    pointer_.store(reinterpret_cast<Function>(FindNext(kName, kVersion)),
                   std::memory_order_relaxed);
  }

 private:
  static R ResolveAndCall(Args... args) noexcept(kNoexcept) {
    Resolve();
    return Call(args...);
  }

  static inline std::atomic<Function> pointer_{ResolveAndCall};
};

}  // namespace pprof::interpose
