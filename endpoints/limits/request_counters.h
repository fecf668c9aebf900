// Counts answered requests by profile and status, for /debug/pprof/metrics.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace pprof::http {

// Of a server, or of all calls of Handle. Of fixed size, lock-free and without a destructor, so
// that it can be static. Thread safety: safe.
class RequestCounters {
 public:
  // Profiles with counters of their own; further ones count as "other".
  static constexpr size_t kMostProfiles = 64;

  struct Row {
    const char* profile;
    std::vector<std::pair<int, uint64_t>> requests;  // by status; without those of 0
    uint64_t bytes;
    std::chrono::nanoseconds duration;
  };

  // `profile`: a text that stays where it is, and is the same pointer for the same profile.
  void Count(const char* profile, int status, uint64_t bytes, std::chrono::nanoseconds duration);

  // Of every profile that was asked for, in the order of their first requests.
  std::vector<Row> Read() const;

 private:
  // All that the server sends; others, which a newer one might, count as 0.
  static constexpr int kStatuses[] = {0,   200, 301, 400, 401, 403, 404, 405, 408, 409,
                                      413, 414, 415, 417, 421, 431, 500, 501, 503};
  static constexpr size_t kStatusCount = sizeof kStatuses / sizeof kStatuses[0];

  struct Counters {
    std::atomic<const char*> profile{nullptr};  // null: not in use
    std::array<std::atomic<uint64_t>, kStatusCount> requests{};
    std::atomic<uint64_t> bytes{0};
    std::atomic<uint64_t> nanos{0};
  };

  Counters& Of(const char* profile);

  std::array<Counters, kMostProfiles + 1> counters_{};  // the last one for all others
};

}  // namespace pprof::http
