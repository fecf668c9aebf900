// The times that threads waited, by stack.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pprof/snapshot_builder.h"
#include "profiler/profiles/threads/blocked_stack.h"

namespace pprof::profiles {

// Thread safety: none. Not signal-safe: allocates.
class WallTimes {
 public:
  // A stack that a thread waited with.
  struct Waiting {
    std::vector<uintptr_t> pcs;  // empty: the system shows none
    bool truncated = false;
    uint32_t label_set = 0;
    std::string state;
    bool operator<(const Waiting& other) const;
  };
  // With the nanoseconds so far; stays where it is.
  using Entry = std::map<Waiting, uint64_t>::value_type;

  // The entry of this stack; takes its frames away.
  Entry* Of(uint32_t label_set, BlockedStack* stack);
  // The entry of threads that wait with these labels, where the system hides their stacks.
  Entry* OfUnseen(uint32_t label_set);

  // Values: samples/count (in ticks), time/nanoseconds. Label: state.
  void WriteTo(std::chrono::nanoseconds tick, SnapshotBuilder& builder) const;

 private:
  std::map<Waiting, uint64_t> waited_;
};

}  // namespace pprof::profiles
