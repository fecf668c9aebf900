// The tables and settings of the block and mutex profiles, in one object with static storage: what
// on_wait.h writes and the contention profiles read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "profiler/signal_safe/contention/waiter_table.h"
#include "profiler/signal_safe/tables/fixed_count.h"
#include "profiler/signal_safe/tables/stack_table.h"

namespace pprof::signal_safe {

// One stack's estimates of the whole. Both grow for ever.
struct ContentionStack : StackNode {
  FixedCounter count;
  std::atomic<uint64_t> nanos;
};

using ContentionTable = StackTable<ContentionStack>;

struct ContentionSampler {
  ContentionTable block;  // where threads waited
  ContentionTable mutex;  // where locks were released that others waited for
  WaiterTable waiters;
  std::atomic<uint64_t> block_interval_ns;  // a wait of this length is surely kept; 0: off
  std::atomic<uint32_t> mutex_fraction;     // one of so many contended unlocks is kept; 0: off
  // The same as the program or the environment set them, whatever requests want meanwhile.
  std::atomic<uint64_t> own_block_interval_ns;
  std::atomic<uint32_t> own_mutex_fraction;
  // Waits and unlocks that could not be kept: they came while this thread was inside.
  std::atomic<uint64_t> lost_events;
  // Waits whose holder could not be charged: too many locks had waiters at once.
  std::atomic<uint64_t> lost_waits;
  std::atomic<bool> hooked;               // pthread_mutex_lock of this process is ours
  std::atomic<bool> environment_refused;  // PPROF_CPP_BLOCK_RATE or _MUTEX_FRACTION not understood
};

extern ContentionSampler contention __attribute__((visibility("hidden")));

// What every hooked function looks at first. Zero: nothing to do.
enum ContentionSwitch : uint32_t { kBlockOn = 1, kMutexOn = 2 };
extern std::atomic<uint32_t> contention_on __attribute__((visibility("hidden")));

// Changes both settings in force; 0 is off. Thread safety: one caller at a time.
void SetContentionSampling(uint64_t block_interval_ns, uint32_t mutex_fraction);

// A duration of at most an hour, e.g. "10us"; "0" is off. False for anything else. Signal-safe.
bool ParseWaitInterval(std::string_view text, uint64_t* nanos);

// "100", "0": at most 1,000,000,000. False for anything else. Signal-safe.
bool ParseFraction(std::string_view text, uint32_t* fraction);

// In a forked child: nobody waits, and the parent's requests are not the child's. Signal-safe:
// the clock, whose settling is not, was settled by the parent.
void ForgetParentsContention();

// Reads PPROF_CPP_BLOCK_RATE and PPROF_CPP_MUTEX_FRACTION. Called once, at load.
void SettleContentionFromEnvironment();

}  // namespace pprof::signal_safe
