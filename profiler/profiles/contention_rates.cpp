#include "profiler/profiles/contention_rates.h"

#include <algorithm>

#include "profiler/signal_safe/contention_sampler.h"

namespace pprof::profiles {
namespace {

using signal_safe::contention;

uint64_t Finest(uint64_t own, const std::multiset<uint64_t>& wanted) {
  if (wanted.empty()) return own;
  return own == 0 ? *wanted.begin() : std::min(own, *wanted.begin());
}

}  // namespace

ContentionRates& ContentionRates::Instance() {
  static auto& rates = *new ContentionRates;
  return rates;
}

ContentionRates::ContentionRates()
    : own_interval_ns_(contention.block_interval_ns.load(std::memory_order_relaxed)),
      own_fraction_(contention.mutex_fraction.load(std::memory_order_relaxed)) {}

void ContentionRates::SetBlockInterval(std::chrono::nanoseconds interval) {
  const std::lock_guard<std::mutex> lock(mutex_);
  own_interval_ns_ = static_cast<uint64_t>(interval.count());
  Apply();
}

void ContentionRates::SetMutexFraction(uint32_t fraction) {
  const std::lock_guard<std::mutex> lock(mutex_);
  own_fraction_ = fraction;
  Apply();
}

std::chrono::nanoseconds ContentionRates::block_interval() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::chrono::nanoseconds(own_interval_ns_);
}

uint32_t ContentionRates::mutex_fraction() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<uint32_t>(own_fraction_);
}

std::shared_ptr<void> ContentionRates::WantBlockInterval(std::chrono::nanoseconds interval) {
  return Want(&wanted_intervals_ns_, static_cast<uint64_t>(interval.count()));
}

std::shared_ptr<void> ContentionRates::WantMutexFraction(uint32_t fraction) {
  return Want(&wanted_fractions_, fraction);
}

std::shared_ptr<void> ContentionRates::Want(Wanted* wanted, uint64_t value) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto entry = wanted->insert(value);
  Apply();
  return {this, [wanted, entry](ContentionRates* rates) {
            const std::lock_guard<std::mutex> relock(rates->mutex_);
            wanted->erase(entry);
            rates->Apply();
          }};
}

void ContentionRates::Apply() {
  signal_safe::SetContentionSampling(
      Finest(own_interval_ns_, wanted_intervals_ns_),
      static_cast<uint32_t>(Finest(own_fraction_, wanted_fractions_)));
}

}  // namespace pprof::profiles
