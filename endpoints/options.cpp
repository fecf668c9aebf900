#include "endpoints/options.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "endpoints/door/host_rule.h"
#include "profiler/sys/process/environment.h"

namespace pprof::http {
namespace {

constexpr std::streamsize kMaxTokenFileBytes = 4096;

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

bool IsVisible(char c) { return c > 0x20 && c < 0x7f; }

std::string WithoutBlanks(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Result<std::string> ReadTokenFile(const std::string& path) {
  // Opening a FIFO would wait for its writer.
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(path, unknown)) {
    return Invalid("token_file " + path + " is not a regular file that this user can reach");
  }
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxTokenFileBytes + 1, '\0');
  if (!file || (!file.read(text.data(), kMaxTokenFileBytes + 1) && !file.eof())) {
    return Invalid("token_file " + path + " cannot be read");
  }
  if (file.gcount() > kMaxTokenFileBytes) {
    return Invalid("token_file " + path + " is over 4096 bytes");
  }
  text.resize(static_cast<size_t>(file.gcount()));
  text = WithoutBlanks(text);
  if (text.empty()) return Invalid("token_file " + path + " is empty");
  return text;
}

Status CheckReach(const Options& options, const ListenAddress& address) {
  if (address.is_unix() || IsLoopbackAddress(address.host)) return {};
  if (options.allow_remote && options.token.size() >= kMinRemoteTokenBytes) return {};
  return Invalid("address " + options.address +
                 " can be reached by other machines: that needs allow_remote and a token of 32 "
                 "characters or more; or listen on 127.0.0.1");
}

Result<bool> ParseSwitch(const char* name, std::string_view text) {
  for (const std::string_view yes : {"1", "true", "yes", "on"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"", "0", "false", "no", "off"}) {
    if (text == no) return false;
  }
  return Invalid(std::string(name) + "=" + std::string(text) + " is neither 1 nor 0");
}

// Not getenv: shells define their own, which knows nothing before main.
std::string Environment(const char* name) {
  const char* value = sys::FindEnvironment(name);
  return value == nullptr ? "" : value;
}

// The parts between commas, without blanks.
std::vector<std::string> Names(const std::string& list) {
  std::vector<std::string> names;
  std::istringstream parts(list);
  for (std::string name; std::getline(parts, name, ',');) {
    if (name = WithoutBlanks(name); !name.empty()) names.push_back(name);
  }
  return names;
}

}  // namespace

Result<Options> CheckedOptions(const Options& options, const ListenAddress& address) {
  Options checked = options;
  if (!options.token_file.empty()) {
    if (!options.token.empty()) return Invalid("both token and token_file are set");
    auto token = ReadTokenFile(options.token_file);
    if (!token.ok()) return token.status();
    checked.token = std::move(token).value();
  }
  if (!std::all_of(checked.token.begin(), checked.token.end(), IsVisible)) {
    return Invalid("the token has blanks or characters that are not visible ASCII");
  }
  if (checked.warm_symbols_every.count() < 0) return Invalid("warm_symbols_every is negative");
  if (checked.max_seconds < 1) return Invalid("max_seconds is less than 1");
  if (!(checked.dump_burst >= 1) || !(checked.dumps_per_second > 0)) {
    return Invalid("dump_burst is less than 1 or dumps_per_second is not positive");
  }
  if (const Status reach = CheckReach(checked, address); !reach.ok()) return reach;
  return checked;
}

Result<Options> Options::FromEnvironment() {
  Options options;
  const std::string address = Environment("PPROF_CPP_LISTEN");
  if (!address.empty()) options.address = address;
  options.token_file = Environment("PPROF_CPP_TOKEN_FILE");
  options.watch = Environment("PPROF_CPP_WATCH");
  options.allowed_hosts = Names(Environment("PPROF_CPP_ALLOWED_HOSTS"));
  auto remote = ParseSwitch("PPROF_CPP_ALLOW_REMOTE", Environment("PPROF_CPP_ALLOW_REMOTE"));
  if (!remote.ok()) return remote.status();
  options.allow_remote = remote.value();
  return options;
}

}  // namespace pprof::http
