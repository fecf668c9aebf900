#include "endpoints/handlers/info_handlers.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "endpoints/answers/answers.h"
#include "pprof/symbolize.h"
#include "profiler/sys/process/command_line.h"
#include "profiler/sys/thread/own_descriptors.h"

namespace pprof::http {
namespace {

uint64_t ParseAddress(std::string_view word) {
  int base = 10;
  if (word.size() > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X')) {
    word.remove_prefix(2);
    base = 16;
  }
  uint64_t address = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data(), end, address, base);
  return error == std::errc() && stop == end ? address : 0;
}

// A name is one line of text/plain: a symbol must not start another line.
std::string OneLine(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return name;
}

}  // namespace

Response ServeCmdline() {
  std::string joined = sys::WithOwnDescriptors(sys::RedactedCommandLine);
  if (joined.empty()) return ErrorAnswer(501, "/proc/self/cmdline cannot be read");
  return TextAnswer(std::move(joined));
}

std::vector<uint64_t> ParseAddresses(std::string_view text) {
  std::vector<uint64_t> addresses;
  while (!text.empty() && addresses.size() < kMaxSymbolAddresses) {
    const std::string_view word = text.substr(0, text.find_first_of("+ \r\n"));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (const uint64_t address = ParseAddress(word)) addresses.push_back(address);
  }
  return addresses;
}

Response ServeSymbol(std::string_view text) {
  const std::vector<uint64_t> addresses = ParseAddresses(text);
  const std::vector<Frames> frames = Symbolize(addresses);
  std::string body = "num_symbols: 1\n";  // as in Go: symbols are available, not their number
  for (size_t i = 0; i < addresses.size() && i < frames.size(); ++i) {
    if (frames[i].empty()) continue;
    char hex[24];
    std::snprintf(hex, sizeof hex, "%#llx ", static_cast<unsigned long long>(addresses[i]));
    body += hex + OneLine(frames[i].back().function) + "\n";
  }
  return TextAnswer(std::move(body));
}

}  // namespace pprof::http
