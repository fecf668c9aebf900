// /debug/pprof/cmdline and /debug/pprof/symbol.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pprof/http.h"

namespace pprof::http {

constexpr size_t kMaxSymbolAddresses = 65536;

// The arguments of the process joined by NUL, with secrets redacted.
Response ServeCmdline();

// Names of the addresses in `text` ("0x1+0x2+..."). Always 200: pprof gives up on other codes.
Response ServeSymbol(std::string_view text);

// The addresses in a symbol request, at most kMaxSymbolAddresses. As in Go, malformed numbers count
// as 0 and are omitted. Fuzzed by tests/fuzz/symbol_body_fuzz.cpp.
std::vector<uint64_t> ParseAddresses(std::string_view text);

}  // namespace pprof::http
