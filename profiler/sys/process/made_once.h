// An object made at first use and never freed, instead of a function-local static. The compiler
// guards those with a lock: a fork while another thread initializes one leaves it locked in the
// child, which hangs at its next use. Here any thread may make one, and the first one finished is
// kept.
#pragma once

#include <atomic>

namespace pprof::sys {

// REQUIRES: static storage. Thread safety: safe, lock-free. Not async-signal-safe: allocates.
template <class T>
class MadeOnce {
 public:
  // `make` returns a new T. It may run in several threads at once; all but one T are deleted.
  template <class Make>
  T& Get(const Make& make) {
    T* made = made_.load(std::memory_order_acquire);
    if (made != nullptr) return *made;
    T* fresh = make();
    if (made_.compare_exchange_strong(made, fresh, std::memory_order_acq_rel)) return *fresh;
    delete fresh;
    return *made;
  }

 private:
  std::atomic<T*> made_{nullptr};
};

}  // namespace pprof::sys
