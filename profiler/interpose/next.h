// The next definition of an interposed function: libc's, or another wrapper's.
//
//   constexpr char kName[] = "pthread_mutex_lock";
//   using NextLock = Next<int(pthread_mutex_t*) noexcept, kName>;
//   NextLock::Call(mutex);
//
// noexcept in the type must match the definition: otherwise a call cannot become a jump.
//
// A call is one load and an indirect jump: the pointer initially refers to a function that resolves
// the name, so that calls before our constructor need no extra branch.
#pragma once

#include <atomic>
#include <cstddef>

// Weak: a program that wraps one of these functions itself keeps its own.
#define PPROF_EXPORT_WEAK __attribute__((weak, visibility("default")))

namespace pprof::interpose {

// The address of the next `name`, of `version` unless nullptr; aborts the process if there is none.
// Not async-signal-safe: takes the loader's lock.
void* FindNext(const char* name, const char* version);

inline constexpr std::nullptr_t kAnyVersion = nullptr;

// Names are references: clang mangles a pointer to an array's first character as an expression that
// libstdc++ cannot demangle.
// REQUIRES: glibc has the name (and the version): a failing dlsym would call malloc.
// Thread safety: safe. Call is async-signal-safe once resolved.
template <class Signature, const auto& kName, const auto& kVersion = kAnyVersion>
class Next;

template <class R, class... Args, bool kNoexcept, const auto& kName, const auto& kVersion>
class Next<R(Args...) noexcept(kNoexcept), kName, kVersion> {
 public:
  using Function = R (*)(Args...) noexcept(kNoexcept);

  static R Call(Args... args) noexcept(kNoexcept) {
    return pointer_.load(std::memory_order_relaxed)(args...);
  }

  // Looks the name up. Called for every function at load, because a thread that waits for the
  // loader's lock may hold one of the program's. Not async-signal-safe: takes the loader's lock.
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
