#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <utility>

#include "profiler/sys/process/command_line.h"

namespace pprof::sys {
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

std::string RedactedCommandLine() { return JoinRedacted(Arguments()); }

std::string ProgramPath() {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  return length <= 0 ? "" : std::string(path, static_cast<size_t>(length));
}

}  // namespace pprof::sys
