// Tables and settings of the block and mutex profiles, in one object with static storage. on_wait.h
// writes them; the contention profiles read them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "profiler/signal_safe/contention/waiter_table.h"
#include "profiler/signal_safe/tables/fixed_count.h"
#include "profiler/signal_safe/tables/stack_table.h"

namespace pprof::signal_safe {

// Scaled-up values of one stack. Both only grow.
struct ContentionStack : StackNode {
  FixedCounter count;
  std::atomic<uint64_t> nanos;
};

using ContentionTable = StackTable<ContentionStack>;

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): there is one
struct ContentionSampler {
  ContentionTable block;  // where threads waited
  ContentionTable mutex;  // where contended locks were released
  WaiterTable waiters;
  std::atomic<uint64_t> block_interval_ns;  // a wait of this length is always kept; 0: off
  std::atomic<uint32_t> mutex_fraction;     // one in this many contended unlocks is kept; 0: off
  // As set by the program or the environment, without the rates of running requests.
  std::atomic<uint64_t> own_block_interval_ns;
  std::atomic<uint32_t> own_mutex_fraction;
  // Waits and unlocks dropped because this thread was already inside the profiler.
  std::atomic<uint64_t> lost_events;
  // Waits not charged to a holder because too many locks were contended at once.
  std::atomic<uint64_t> lost_waits;
  std::atomic<bool> hooked;               // the lock functions of this process are interposed
  std::atomic<bool> environment_refused;  // PPROF_CPP_BLOCK_RATE or _MUTEX_FRACTION is malformed
};

extern ContentionSampler contention __attribute__((visibility("hidden")));

// Tested first by every hooked function; 0: both profiles are off.
enum ContentionSwitch : uint32_t { kBlockOn = 1, kMutexOn = 2 };
extern std::atomic<uint32_t> contention_on __attribute__((visibility("hidden")));

// Sets the rates in force; 0: off. Thread safety: one caller at a time.
// Not async-signal-safe: calibrating the clock reads a file.
void SetContentionSampling(uint64_t block_interval_ns, uint32_t mutex_fraction);

// Parses a duration of at most an hour, e.g. "10us"; "0" is off. False for other text.
// Async-signal-safe.
bool ParseWaitInterval(std::string_view text, uint64_t* nanos);

// Parses a count of at most 1,000,000,000, e.g. "100". False for other text. Async-signal-safe.
bool ParseFraction(std::string_view text, uint32_t* fraction);

// In a forked child: drops the parent's waiters and the rates of its requests.
// Async-signal-safe: the parent has already calibrated the clock.
void ForgetParentsContention();

// Reads PPROF_CPP_BLOCK_RATE and PPROF_CPP_MUTEX_FRACTION. Called once, at load.
// Not async-signal-safe.
void SettleContentionFromEnvironment();

}  // namespace pprof::signal_safe
