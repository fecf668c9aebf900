#include "profiler/signal_safe/contention/contention_sampler.h"

#include <type_traits>

#include "profiler/sys/process/environment.h"
#include "profiler/sys/process/setting_text.h"
#include "profiler/sys/time/tick_clock.h"

namespace pprof::signal_safe {

// Hooks run before any constructor: zeroed memory must be a valid state.
static_assert(std::is_trivially_default_constructible_v<ContentionSampler>);

ContentionSampler contention;
std::atomic<uint32_t> contention_on;

namespace {

bool ReadRate(uint64_t* nanos) {
  const char* text = sys::FindEnvironment("PPROF_CPP_BLOCK_RATE");
  return text == nullptr || ParseWaitInterval(text, nanos);
}

bool ReadFraction(uint32_t* fraction) {
  const char* text = sys::FindEnvironment("PPROF_CPP_MUTEX_FRACTION");
  return text == nullptr || ParseFraction(text, fraction);
}

}  // namespace

bool ParseWaitInterval(std::string_view text, uint64_t* nanos) {
  constexpr uint64_t kLongestInterval = uint64_t{3600} * 1000000000;
  uint64_t parsed = 0;
  if (!sys::ParseDuration(text, &parsed) || parsed > kLongestInterval) return false;
  *nanos = parsed;
  return true;
}

bool ParseFraction(std::string_view text, uint32_t* fraction) {
  constexpr uint64_t kLargestFraction = 1000000000;
  uint64_t parsed = 0;
  if (!sys::ParseCount(text, kLargestFraction, &parsed)) return false;
  *fraction = static_cast<uint32_t>(parsed);
  return true;
}

void SetContentionSampling(uint64_t block_interval_ns, uint32_t mutex_fraction) {
  if (block_interval_ns != 0 || mutex_fraction != 0) sys::tick_clock.Settle();
  const bool mutex_was_off = (contention_on.load(std::memory_order_relaxed) & kMutexOn) == 0;
  // Otherwise delays left uncharged when it was switched off would go to the next holder.
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
  const bool rate_understood = ReadRate(&interval);  // what is understood holds by itself
  const bool fraction_understood = ReadFraction(&fraction);
  if (!rate_understood || !fraction_understood) {
    contention.environment_refused.store(true, std::memory_order_relaxed);
  }
  contention.own_block_interval_ns.store(interval, std::memory_order_relaxed);
  contention.own_mutex_fraction.store(fraction, std::memory_order_relaxed);
  if (interval != 0 || fraction != 0) SetContentionSampling(interval, fraction);
}

void ForgetParentsContention() {
  contention.waiters.OnForkChild();
  // Stays off, even if a parent's thread was about to switch it on: its clock may not be settled.
  if (contention_on.load(std::memory_order_relaxed) == 0) {
    contention.own_block_interval_ns.store(0, std::memory_order_relaxed);
    contention.own_mutex_fraction.store(0, std::memory_order_relaxed);
    return;
  }
  SetContentionSampling(contention.own_block_interval_ns.load(std::memory_order_relaxed),
                        contention.own_mutex_fraction.load(std::memory_order_relaxed));
}

}  // namespace pprof::signal_safe
