#include "command/processes/answering.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <set>

#include "command/ask/http_client.h"

namespace pprof::command {
namespace {

constexpr char kFolderName[] = "/pprof-cpp";
constexpr char kDefaultFolder[] = "/run";

// The folders in which a process may have its socket: its own XDG_RUNTIME_DIR, which it may have
// overwritten together with its environment, ours, the default, and that of a process which has
// changed its user.
std::set<std::string> FoldersOf(const Process& process) {
  std::set<std::string> folders{SocketFolder(), std::string(kDefaultFolder) + kFolderName,
                                "/tmp/pprof-cpp-" + std::to_string(process.uid)};
  const std::string name("\0XDG_RUNTIME_DIR=", 17);
  const std::string environment = std::string(1, '\0') + ReadFile(process.Folder() + "/environ");
  if (const size_t at = environment.find(name); at != std::string::npos) {
    const char* const folder = environment.c_str() + at + name.size();
    if (*folder == '/') folders.insert(std::string(folder) + kFolderName);
  }
  return folders;
}

// True if this very process listens there: the name of the file may be older than the process.
bool AnswersAt(const Process& process, const Address& address) {
  const int fd = Connect(address);
  if (fd < 0) return false;
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
  close(fd);
  return known && peer.pid == process.pid;
}

std::optional<Address> SocketOf(const Process& process) {
  const std::string file = "/" + std::to_string(process.inner_pid) + ".sock";
  const bool same_files = ReadLink(process.Folder() + "/ns/mnt") == ReadLink("/proc/self/ns/mnt") &&
                          ReadLink(process.Folder() + "/root") == "/";
  const std::string root = same_files ? "" : process.Folder() + "/root";
  for (const std::string& folder : FoldersOf(process)) {
    Address address;
    address.unix_path.append(root).append(folder).append(file);
    if (access(address.unix_path.c_str(), F_OK) == 0 && AnswersAt(process, address)) return address;
  }
  return std::nullopt;
}

}  // namespace

std::string SocketFolder() {
  const char* const folder = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
  return std::string(folder != nullptr && *folder == '/' ? folder : kDefaultFolder) + kFolderName;
}

std::optional<Address> WhereItAnswers(const Process& process) {
  std::optional<Address> address = SocketOf(process);
  if (!address) address = ServerSocketOf(process);
  if (address) address->token = TokenFromEnvironment();
  return address;
}

std::vector<Answering> AnsweringProcesses() {
  std::vector<Answering> all;
  for (const Process& process : MyProcesses()) {
    if (const auto address = WhereItAnswers(process)) all.push_back({process, *address});
  }
  return all;
}

}  // namespace pprof::command
