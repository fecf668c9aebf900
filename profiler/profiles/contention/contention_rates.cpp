#include "profiler/profiles/contention/contention_rates.h"

#include <algorithm>

#include "profiler/signal_safe/contention/contention_sampler.h"
#include "profiler/sys/process/per_process.h"

namespace pprof::profiles {
namespace {

using signal_safe::contention;

sys::PerProcess<ContentionRates> rates_of_process;

uint64_t Finest(uint64_t own, const std::multiset<uint64_t>& wanted) {
  if (wanted.empty()) return own;
  return own == 0 ? *wanted.begin() : std::min(own, *wanted.begin());
}

}  // namespace

ContentionRates& ContentionRates::Instance() { return rates_of_process.Get(); }

void ContentionRates::SetBlockInterval(std::chrono::nanoseconds interval) {
  const sys::MutexLock lock(mutex_);
  contention.own_block_interval_ns.store(static_cast<uint64_t>(interval.count()),
                                         std::memory_order_relaxed);
  Apply();
}

void ContentionRates::SetMutexFraction(uint32_t fraction) {
  const sys::MutexLock lock(mutex_);
  contention.own_mutex_fraction.store(fraction, std::memory_order_relaxed);
  Apply();
}

std::chrono::nanoseconds ContentionRates::block_interval() {
  return std::chrono::nanoseconds(contention.own_block_interval_ns.load(std::memory_order_relaxed));
}

uint32_t ContentionRates::mutex_fraction() {
  return contention.own_mutex_fraction.load(std::memory_order_relaxed);
}

std::shared_ptr<void> ContentionRates::WantBlockInterval(std::chrono::nanoseconds interval) {
  return Want(&ContentionRates::wanted_intervals_ns_, static_cast<uint64_t>(interval.count()));
}

std::shared_ptr<void> ContentionRates::WantMutexFraction(uint32_t fraction) {
  return Want(&ContentionRates::wanted_fractions_, fraction);
}

std::shared_ptr<void> ContentionRates::Want(Wanted ContentionRates::*wanted, uint64_t value) {
  const sys::MutexLock lock(mutex_);
  const auto entry = (this->*wanted).insert(value);
  Apply();
  return {this, [wanted, entry, process = sys::ProcessGeneration()](ContentionRates* rates) {
            // A child may find the mutex in any state.
            if (process != sys::ProcessGeneration()) return;
            const sys::MutexLock relock(rates->mutex_);
            (rates->*wanted).erase(entry);
            rates->Apply();
          }};
}

void ContentionRates::Apply() {
  signal_safe::SetContentionSampling(
      Finest(contention.own_block_interval_ns.load(std::memory_order_relaxed),
             wanted_intervals_ns_),
      static_cast<uint32_t>(Finest(contention.own_mutex_fraction.load(std::memory_order_relaxed),
                                   wanted_fractions_)));
}

}  // namespace pprof::profiles
