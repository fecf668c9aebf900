// One T per process: a forked child makes its own, since the parent's threads may have left the
// locks of T in any state. Made at first use and never freed: profiles may be requested while the
// process exits.
//
//   PerProcess<CpuSampler> sampler;   // static storage, not inside a function
//   sampler.Get().Begin(100);
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/sys/process/process.h"

namespace pprof::sys {

// REQUIRES: static storage; T has a default constructor. It may run in several threads at once; all
// but one T are then deleted. Thread safety: safe, lock-free.
template <class T>
class PerProcess {
 public:
  // Not async-signal-safe: the first call in a process allocates.
  T& Get() {
    const uint32_t generation = ProcessGeneration();
    Owned* owned = current_.load(std::memory_order_acquire);
    while (owned == nullptr || owned->generation != generation) {
      auto* fresh = new Owned{generation, {}};
      if (current_.compare_exchange_strong(owned, fresh, std::memory_order_acq_rel)) {
        return fresh->value;
      }
      delete fresh;
    }
    return owned->value;
  }

  // This process's T, or nullptr before its first use. Async-signal-safe.
  T* IfMade() {
    Owned* owned = current_.load(std::memory_order_acquire);
    const bool own = owned != nullptr && owned->generation == ProcessGeneration();
    return own ? &owned->value : nullptr;
  }

 private:
  struct Owned {
    const uint32_t generation;
    T value;
  };

  std::atomic<Owned*> current_{nullptr};
};

}  // namespace pprof::sys
