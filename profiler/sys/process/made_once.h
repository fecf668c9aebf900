// What is made at its first use and never freed, in place of a function's static. The compiler
// guards those with a lock: a fork while another thread makes one leaves it locked for ever in the
// child, which hangs at its next use. Here whoever comes makes one, and the first to be done stays.
#pragma once

#include <atomic>

namespace pprof::sys {

// REQUIRES: static storage. Thread safety: safe, without a lock.
template <class T>
class MadeOnce {
 public:
  // `make` returns a new T; it may run in several threads at once, and its T may be deleted.
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
