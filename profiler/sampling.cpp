// SetSampling and GetSampling.
#include <string>

#include "pprof/pprof.h"
#include "profiler/monitoring/history.h"
#include "profiler/profiles/contention/contention_rates.h"
#include "profiler/signal_safe/heap/heap_sampler.h"

namespace pprof {
namespace {

Status OutOfRange(const char* setting, int64_t value, const char* range) {
  return {StatusCode::kInvalidArgument,
          std::string(setting) + " " + std::to_string(value) + " must be " + range};
}

Status Check(const Sampling& sampling) {
  constexpr size_t kLongestInterval = size_t{1} << 40;  // 1 TiB: a single sample would mean nothing
  if (sampling.heap_interval > kLongestInterval) {
    return {StatusCode::kInvalidArgument,
            "heap_interval " + std::to_string(sampling.heap_interval) +
                " is too long - must be at most 1099511627776 bytes, or 0 for off"};
  }
  const std::chrono::nanoseconds block = sampling.block_interval;
  if (block.count() < 0 || block > std::chrono::hours(1)) {
    return OutOfRange("block_interval", block.count(), "0 for off to 3600000000000 ns");
  }
  const int fraction = sampling.mutex_fraction;
  if (fraction < 0 || fraction > 1000000000) {
    return OutOfRange("mutex_fraction", fraction, "0 for off to 1000000000");
  }
  return {};
}

std::string TextOf(const Sampling& sampling) {
  return "heap " + std::to_string(sampling.heap_interval) + " B, block " +
         std::to_string(sampling.block_interval.count()) + " ns, mutex " +
         std::to_string(sampling.mutex_fraction);
}

}  // namespace

Status SetSampling(const Sampling& sampling) {
  if (Status status = Check(sampling); !status.ok()) return status;
  const std::string before = TextOf(GetSampling());
  signal_safe::SetHeapInterval(sampling.heap_interval);
  profiles::ContentionRates& rates = profiles::ContentionRates::Instance();
  rates.SetBlockInterval(sampling.block_interval);
  rates.SetMutexFraction(static_cast<uint32_t>(sampling.mutex_fraction));
  const std::string after = TextOf(sampling);
  if (after != before) monitoring::History::MarkIfMade(monitoring::MarkKind::kRate, after);
  return {};
}

Sampling GetSampling() {
  Sampling sampling;
  sampling.heap_interval = signal_safe::HeapInterval();
  sampling.block_interval = profiles::ContentionRates::block_interval();
  sampling.mutex_fraction = static_cast<int>(profiles::ContentionRates::mutex_fraction());
  return sampling;
}

}  // namespace pprof
