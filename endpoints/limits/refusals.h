// Counts refused requests by cause, for the index page and Server::refused().
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
  kMalformed,     // not the HTTP that this server accepts
  kTooLarge,      // head, path or body exceeds its limit
  kTimeout,       // request not sent, or answer not taken, in time
  kHost,          // Host header not allowed
  kCrossSite,     // sent by a page of another origin
  kUnauthorized,  // no token, or a wrong one
  kPeer,          // Unix socket: another user
  kMethod,        // not GET, HEAD or POST, or not allowed for the path
  kContentType,   // a POST that a plain HTML form could have sent
  kBusy,          // too many connections or waiting requests
  kRecordings,    // too many concurrent recordings
  kDumps,         // too many dumps or look-ups per second
  kMemory,        // little is left of the memory limit of the process
};
constexpr size_t kRefusalCauses = 13;

// The cause's name in the UI and the API, e.g. "cross_site".
std::string_view RefusalName(Refusal cause);

// Thread safety: safe.
class RefusalCounters {
 public:
  void Count(Refusal cause) {
    counts_[static_cast<size_t>(cause)].fetch_add(1, std::memory_order_relaxed);
  }

  // By name; includes every cause.
  std::map<std::string, uint64_t> Read() const;

 private:
  std::array<std::atomic<uint64_t>, kRefusalCauses> counts_{};  // relaxed: order does not matter
};

}  // namespace pprof::http
