#include <arpa/inet.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>
#include <vector>

#include "command/processes/answering.h"

namespace pprof::command {
namespace {

constexpr char kServerThread[] = "pprof-http\n";
constexpr char kListen[] = "0A";             // TCP_LISTEN in /proc/net/tcp
constexpr char kAcceptsUnix[] = "00010000";  // __SO_ACCEPTCON in /proc/net/unix
constexpr char kSocketLink[] = "socket:[";

std::vector<std::string> WordsOf(const std::string& line) {
  std::istringstream words(line);
  return {std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
}

// The inode numbers of the sockets among a task's descriptors.
std::set<std::string> SocketsOf(const std::string& task) {
  std::set<std::string> inodes;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(task + "/fd", error)) {
    const std::string link = ReadLink(entry.path());
    if (link.rfind(kSocketLink, 0) != 0) continue;
    inodes.insert(link.substr(std::strlen(kSocketLink), link.find(']') - std::strlen(kSocketLink)));
  }
  return inodes;
}

// The descriptors of the server: its thread has a table of its own.
std::set<std::string> ServerSockets(const Process& process) {
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(process.Folder() + "/task", error)) {
    if (ReadFile(task.path() / "comm") == kServerThread) return SocketsOf(task.path());
  }
  return {};
}

// "0100007F:17AC" or 32 digits for IPv6: words of four bytes in the machine's order, and the port.
std::optional<Address> TcpAddress(const std::string& text) {
  const size_t colon = text.find(':');
  uint32_t words[4] = {};
  for (size_t i = 0; i < 4 && i * 8 < colon; ++i) {
    words[i] = static_cast<uint32_t>(std::strtoul(text.substr(i * 8, 8).c_str(), nullptr, 16));
  }
  const int family = colon == 8 ? AF_INET : AF_INET6;
  char host[INET6_ADDRSTRLEN];
  if (inet_ntop(family, words, host, sizeof host) == nullptr) return std::nullopt;
  Address address;
  address.host = host;
  if (address.host == "0.0.0.0") address.host = "127.0.0.1";
  if (address.host == "::") address.host = "::1";
  address.port = std::to_string(std::strtoul(text.c_str() + colon + 1, nullptr, 16));
  return address;
}

std::optional<Address> FindTcp(const std::string& table, const std::set<std::string>& inodes) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode
    const std::vector<std::string> words = WordsOf(line);
    if (words.size() > 9 && words[3] == kListen && inodes.count(words[9]) != 0) {
      return TcpAddress(words[1]);
    }
  }
  return std::nullopt;
}

std::optional<Address> FindUnix(const Process& process, const std::set<std::string>& inodes) {
  std::istringstream lines(ReadFile(process.Folder() + "/net/unix"));
  for (std::string line; std::getline(lines, line);) {
    // Num RefCount Protocol Flags Type St Inode Path
    const std::vector<std::string> words = WordsOf(line);
    if (words.size() < 8 || words[3] != kAcceptsUnix || inodes.count(words[6]) == 0 ||
        words[7][0] != '/') {
      continue;
    }
    const std::string path = line.substr(line.find('/'));  // it may have blanks
    Address address;
    const bool same = ReadLink(process.Folder() + "/ns/mnt") == ReadLink("/proc/self/ns/mnt");
    address.unix_path = (same ? "" : process.Folder() + "/root") + path;
    return address;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Address> ServerSocketOf(const Process& process) {
  const std::set<std::string> inodes = ServerSockets(process);
  if (inodes.empty()) return std::nullopt;
  if (auto address = FindUnix(process, inodes)) return address;
  const std::string net = process.Folder() + "/net/";
  if (ReadLink(process.Folder() + "/ns/net") != ReadLink("/proc/self/ns/net")) return std::nullopt;
  if (auto address = FindTcp(ReadFile(net + "tcp"), inodes)) return address;
  return FindTcp(ReadFile(net + "tcp6"), inodes);
}

}  // namespace pprof::command
