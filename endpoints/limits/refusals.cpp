#include "endpoints/limits/refusals.h"

namespace pprof::http {
namespace {

constexpr std::array<std::string_view, kRefusalCauses> kNames = {
    "malformed", "too_large",    "timeout", "host",       "cross_site", "unauthorized", "peer",
    "method",    "content_type", "busy",    "recordings", "dumps",      "memory"};

}  // namespace

std::string_view RefusalName(Refusal cause) { return kNames[static_cast<size_t>(cause)]; }

std::map<std::string, uint64_t> RefusalCounters::Read() const {
  std::map<std::string, uint64_t> counts;
  for (size_t i = 0; i < kRefusalCauses; ++i) {
    counts.emplace(kNames[i], counts_[i].load(std::memory_order_relaxed));
  }
  return counts;
}

}  // namespace pprof::http
