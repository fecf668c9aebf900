// Splits "127.0.0.1:8080", "[::1]:8080" or "localhost:0" into host and port.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct Address {
  std::string host;   // without brackets
  uint16_t port = 0;  // 0: any free port
};

// Empty if the text has no host, no port, or a port above 65535.
std::optional<Address> ParseAddress(std::string_view text);
