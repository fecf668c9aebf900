// Checks the Host header. A page of another site that makes its own name resolve to 127.0.0.1 (DNS
// rebinding) still sends that name, which is not allowed. Fuzzed by tests/fuzz/host_fuzz.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pprof::http {

// True for "localhost", an IPv4 address of four decimal numbers, "[IPV6]", or one of `names`; each
// with or without ":PORT". Names are case-insensitive; otherwise matching is exact.
bool IsAllowedHost(std::string_view host, const std::vector<std::string>& names);

// True for addresses in 127.0.0.0/8 and ::1. Accepts any text.
bool IsLoopbackAddress(std::string_view address);

// True if `origin`, e.g. "http://localhost:6060", has the host that the request was sent to.
bool IsOwnOrigin(std::string_view origin, std::string_view host);

}  // namespace pprof::http
