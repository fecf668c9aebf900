#include "endpoints/limits/request_counters.h"

#include <algorithm>
#include <iterator>

namespace pprof::http {

RequestCounters::Counters& RequestCounters::Of(const char* profile) {
  for (size_t i = 0; i < kMostProfiles; ++i) {
    const char* found = counters_[i].profile.load(std::memory_order_relaxed);
    if (found == nullptr &&
        counters_[i].profile.compare_exchange_strong(found, profile, std::memory_order_relaxed)) {
      return counters_[i];
    }
    if (found == profile) return counters_[i];
  }
  counters_.back().profile.store("other", std::memory_order_relaxed);
  return counters_.back();
}

void RequestCounters::Count(const char* profile, int status, uint64_t bytes,
                            std::chrono::nanoseconds duration) {
  Counters& counters = Of(profile);
  const auto* const found = std::find(std::begin(kStatuses), std::end(kStatuses), status);
  const size_t index = found == std::end(kStatuses) ? 0 : static_cast<size_t>(found - kStatuses);
  counters.requests[index].fetch_add(1, std::memory_order_relaxed);
  counters.bytes.fetch_add(bytes, std::memory_order_relaxed);
  counters.nanos.fetch_add(static_cast<uint64_t>(duration.count()), std::memory_order_relaxed);
}

std::vector<RequestCounters::Row> RequestCounters::Read() const {
  std::vector<Row> rows;
  for (const Counters& counters : counters_) {
    const char* profile = counters.profile.load(std::memory_order_relaxed);
    if (profile == nullptr) continue;
    Row row{profile,
            {},
            counters.bytes.load(std::memory_order_relaxed),
            std::chrono::nanoseconds(counters.nanos.load(std::memory_order_relaxed))};
    for (size_t i = 0; i < kStatusCount; ++i) {
      const uint64_t count = counters.requests[i].load(std::memory_order_relaxed);
      if (count > 0) row.requests.emplace_back(kStatuses[i], count);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace pprof::http
