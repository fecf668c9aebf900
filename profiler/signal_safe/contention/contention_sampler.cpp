#include "profiler/signal_safe/contention/contention_sampler.h"

#include <type_traits>

#include "profiler/sys/process/environment.h"
#include "profiler/sys/time/tick_clock.h"

namespace pprof::signal_safe {

// Locks are used before any constructor has run: the tables must be usable as zeroed memory.
static_assert(std::is_trivially_default_constructible_v<ContentionSampler>);

ContentionSampler contention;
std::atomic<uint32_t> contention_on;

namespace {

constexpr uint64_t kLongestInterval = uint64_t{3600} * 1000000000;
constexpr uint64_t kLargestFraction = 1000000000;

// Takes a whole number off the front of `text`. False: none there, or above `largest`.
bool TakeNumber(const char** text, uint64_t largest, uint64_t* number) {
  const char* at = *text;
  uint64_t value = 0;
  for (; *at >= '0' && *at <= '9'; ++at) {
    value = value * 10 + static_cast<uint64_t>(*at - '0');
    if (value > largest) return false;
  }
  if (at == *text) return false;
  *text = at;
  *number = value;
  return true;
}

bool Equal(const char* a, const char* b) {
  while (*a != '\0' && *a == *b) ++a, ++b;
  return *a == *b;
}

uint64_t UnitOf(const char* text) {
  if (Equal(text, "") || Equal(text, "ns")) return 1;
  if (Equal(text, "us")) return 1000;
  if (Equal(text, "ms")) return 1000000;
  if (Equal(text, "s")) return 1000000000;
  return 0;
}

}  // namespace

bool ParseWaitInterval(const char* text, uint64_t* nanos) {
  uint64_t number = 0;
  if (!TakeNumber(&text, kLongestInterval, &number)) return false;
  const uint64_t unit = UnitOf(text);
  if (unit == 0 || number > kLongestInterval / unit) return false;
  *nanos = number * unit;
  return true;
}

bool ParseFraction(const char* text, uint32_t* fraction) {
  uint64_t number = 0;
  if (!TakeNumber(&text, kLargestFraction, &number) || *text != '\0') return false;
  *fraction = static_cast<uint32_t>(number);
  return true;
}

void SetContentionSampling(uint64_t block_interval_ns, uint32_t mutex_fraction) {
  if (block_interval_ns != 0 || mutex_fraction != 0) sys::tick_clock.Settle();
  const bool mutex_was_off = (contention_on.load(std::memory_order_relaxed) & kMutexOn) == 0;
  // What was left uncharged when it was switched off would else be charged to the next holder.
  if (mutex_was_off && mutex_fraction != 0) contention.waiters.DropCharges(sys::tick_clock.Now());
  contention.block_interval_ns.store(block_interval_ns, std::memory_order_relaxed);
  contention.mutex_fraction.store(mutex_fraction, std::memory_order_relaxed);
  const uint32_t on =
      (block_interval_ns != 0 ? kBlockOn : 0u) | (mutex_fraction != 0 ? kMutexOn : 0u);
  contention_on.store(on, std::memory_order_release);
}

void SettleContentionFromEnvironment() {
  uint64_t interval = 0;
  uint32_t fraction = 0;
  const char* interval_text = sys::FindEnvironment("PPROF_CPP_BLOCK_RATE");
  const char* fraction_text = sys::FindEnvironment("PPROF_CPP_MUTEX_FRACTION");
  if ((interval_text != nullptr && !ParseWaitInterval(interval_text, &interval)) ||
      (fraction_text != nullptr && !ParseFraction(fraction_text, &fraction))) {
    contention.environment_refused.store(true, std::memory_order_relaxed);
  }
  contention.own_block_interval_ns.store(interval, std::memory_order_relaxed);
  contention.own_mutex_fraction.store(fraction, std::memory_order_relaxed);
  if (interval != 0 || fraction != 0) SetContentionSampling(interval, fraction);
}

void ForgetParentsContention() {
  contention.waiters.OnForkChild();
  // Off, whatever a thread of the parent was about to set; and then its clock is not settled.
  if (contention_on.load(std::memory_order_relaxed) == 0) {
    contention.own_block_interval_ns.store(0, std::memory_order_relaxed);
    contention.own_mutex_fraction.store(0, std::memory_order_relaxed);
    return;
  }
  SetContentionSampling(contention.own_block_interval_ns.load(std::memory_order_relaxed),
                        contention.own_mutex_fraction.load(std::memory_order_relaxed));
}

}  // namespace pprof::signal_safe
