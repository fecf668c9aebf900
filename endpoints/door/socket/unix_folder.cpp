#include "endpoints/door/socket/unix_folder.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "endpoints/door/socket/socket_address.h"
#include "endpoints/door/socket/unique_fd.h"
#include "profiler/sys/process/environment.h"

namespace pprof::http {
namespace {

std::string FolderOf(const std::string& path) {
  return path.substr(0, std::max<size_t>(path.rfind('/'), 1));
}

// Whether nobody listens there any more.
Result<bool> IsRefused(const std::string& path) {
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.ok()) return SystemError("socket");
  if (path.size() >= sizeof sockaddr_un::sun_path) return false;
  const SocketAddress where = UnixAddress(path);
  return connect(probe.get(), where.get(), where.size) != 0 && errno == ECONNREFUSED;
}

// "17.sock", of a process that does not exist in this pid namespace.
bool IsOfEndedProcess(const std::string& name) {
  pid_t pid = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, pid);
  if (error != std::errc() || pid <= 0 || std::string(stop, end) != ".sock") return false;
  return kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

std::string DefaultSocketPath() {
  const char* own = sys::FindEnvironment("XDG_RUNTIME_DIR");
  return std::string(own != nullptr && *own == '/' ? own : "/run") + "/pprof-cpp/%p.sock";
}

Status CheckSocketFolder(const std::string& path) {
  const std::string folder = FolderOf(path);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return SystemError("mkdir " + folder);
  struct stat info {};
  if (lstat(folder.c_str(), &info) != 0) return SystemError("stat " + folder);
  if (S_ISDIR(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 0077) == 0) {
    return {};
  }
  return {StatusCode::kInvalidArgument,
          "the directory " + folder + " of the socket must belong to this user with mode 0700"};
}

Status RemoveStaleSocket(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return errno == ENOENT ? Status() : SystemError(path);
  Status taken(StatusCode::kConflict, path + " exists and is not a stale socket of this user");
  if (!S_ISSOCK(info.st_mode) || info.st_uid != geteuid()) return taken;
  const Result<bool> refused = IsRefused(path);
  if (!refused.ok()) return refused.status();
  if (!refused.value()) return taken;
  return unlink(path.c_str()) == 0 ? Status() : SystemError("unlink " + path);
}

void RemoveSocketsOfEndedProcesses(const std::string& path) {
  std::error_code unreadable;
  for (const auto& entry : std::filesystem::directory_iterator(FolderOf(path), unreadable)) {
    if (!IsOfEndedProcess(entry.path().filename())) continue;
    // It stays if a process of another pid namespace listens there.
    if (const Status kept = RemoveStaleSocket(entry.path()); !kept.ok()) continue;
  }
}

}  // namespace pprof::http
