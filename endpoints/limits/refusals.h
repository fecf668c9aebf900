// Why requests were turned away, counted: shown on the index page and by Server::refused().
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace pprof::http {

enum class Refusal {
  kMalformed,     // not the HTTP this server takes
  kTooLarge,      // head, path or body over its bound
  kTimeout,       // did not send its request, or did not take its answer, in time
  kHost,          // Host header not on the list
  kCrossSite,     // sent by a page of another origin
  kUnauthorized,  // no token, or a wrong one
  kPeer,          // Unix socket: another user
  kMethod,        // not GET, HEAD or POST, or the wrong one of them
  kContentType,   // a POST that a plain HTML form could have sent
  kBusy,          // too many connections or requests waiting
  kRecordings,    // too many recordings at once
  kDumps,         // too many dumps a second
};
constexpr size_t kRefusalCauses = 12;

// The word for people and for the API, e.g. "cross_site".
std::string_view RefusalName(Refusal cause);

// Thread safety: safe.
class RefusalCounters {
 public:
  void Count(Refusal cause) {
    counts_[static_cast<size_t>(cause)].fetch_add(1, std::memory_order_relaxed);
  }

  // By name; every cause is there.
  std::map<std::string, uint64_t> Read() const;

 private:
  std::array<std::atomic<uint64_t>, kRefusalCauses>
      counts_{};  // atomic; nothing is ordered by them
};

}  // namespace pprof::http
