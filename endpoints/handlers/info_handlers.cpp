#include "endpoints/handlers/info_handlers.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <utility>

#include "endpoints/answers/answers.h"
#include "pprof/symbolize.h"
#include "profiler/sys/thread/own_descriptors.h"

namespace pprof::http {
namespace {

constexpr char kHidden[] = "[redacted]";

bool NamesSecret(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* word : {"password", "passwd", "token", "secret", "key"}) {
    if (name.find(word) != std::string::npos) return true;
  }
  return false;
}

// Redacts an argument; sets `next_is_secret` if the value is the next argument.
std::string Redacted(const std::string& argument, bool& next_is_secret) {
  const size_t equals = argument.find('=');
  const bool is_option = !argument.empty() && argument[0] == '-';
  const bool names_secret = NamesSecret(argument.substr(0, equals));
  // A secret may begin with a dash. It may also be absent, and this the next option with its own.
  const bool is_secret =
      std::exchange(next_is_secret, names_secret && is_option && equals == std::string::npos);
  if (is_secret) return kHidden;
  if (names_secret && equals != std::string::npos) return argument.substr(0, equals + 1) + kHidden;
  return argument;
}

std::vector<std::string> Arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

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

std::string JoinRedacted(const std::vector<std::string>& arguments) {
  std::string joined;
  bool next_is_secret = false;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) joined += '\0';
    joined += Redacted(arguments[i], next_is_secret);
  }
  return joined;
}

Response ServeCmdline() {
  const std::vector<std::string> arguments = sys::WithOwnDescriptors(Arguments);
  if (arguments.empty()) return ErrorAnswer(501, "/proc/self/cmdline cannot be read");
  return TextAnswer(JoinRedacted(arguments));
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
