// One T for each process: a forked child makes its own, since the parent's locks and threads may be
// in any state in it. Never freed. Thread safety: safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "profiler/sys/process/process_id.h"

namespace pprof::profiles {

template <class T>
T& PerProcess() {
  struct Owned {
    int32_t process;
    T value;
  };
  static std::atomic<Owned*> current{nullptr};
  const int32_t process = sys::ProcessId();
  Owned* owned = current.load(std::memory_order_acquire);
  while (owned == nullptr || owned->process != process) {
    auto* fresh = new Owned{process, {}};
    if (current.compare_exchange_strong(owned, fresh)) return fresh->value;
    delete fresh;
  }
  return owned->value;
}

}  // namespace pprof::profiles
