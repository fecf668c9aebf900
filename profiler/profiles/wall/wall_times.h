// The waiting times of threads, by stack.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "profiler/profiles/threads/blocked_stack.h"

namespace pprof::profiles {

// Thread safety: none. Not async-signal-safe: allocates.
class WallTimes {
 public:
  // The stack and the labels of a wait.
  struct Waiting {
    std::vector<uintptr_t> pcs;  // empty: there is none, or the system hides it
    signal_safe::StackEnd end = signal_safe::StackEnd::kRoot;
    uint32_t label_set = 0;
    std::string state;
    bool kernel_worker = false;
    bool operator<(const Waiting& other) const;
  };
  // With its nanoseconds so far; its address is stable.
  using Entry = std::map<Waiting, uint64_t>::value_type;

  // Returns the entry of this stack; moves the frames out of it.
  Entry* Of(uint32_t label_set, BlockedStack* stack);
  // Returns the entry of threads with these labels whose stacks the system hides.
  Entry* OfUnseen(uint32_t label_set);
  // The entry of workers of the kernel that wait.
  Entry* OfKernelWorkers();

  // Values: samples/count (in ticks), time/nanoseconds. Label: state.
  void WriteTo(std::chrono::nanoseconds tick, SnapshotBuilder& builder) const;

 private:
  std::map<Waiting, uint64_t> waited_;
};

}  // namespace pprof::profiles
