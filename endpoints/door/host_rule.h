// Which Host headers are ours. A page of another site that makes its own name point to 127.0.0.1
// (DNS rebinding) still sends that name: it is not on the list. Fuzzed by tests/fuzz/host_fuzz.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pprof::http {

// True for "localhost", an IPv4 address of four decimal numbers, "[IPV6]", or one of `names`; each
// with or without ":PORT". Names compare without regard to case; nothing else is forgiven.
bool IsAllowedHost(std::string_view host, const std::vector<std::string>& names);

// "127.0.0.1" or "::1" of 127.0.0.0/8 and ::1. REQUIRES nothing of `address`.
bool IsLoopbackAddress(std::string_view address);

// True when `origin`, e.g. "http://localhost:6060", is of the host that the request was sent to.
bool IsOwnOrigin(std::string_view origin, std::string_view host);

}  // namespace pprof::http
