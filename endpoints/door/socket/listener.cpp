#include "endpoints/door/socket/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "endpoints/door/socket/socket_address.h"
#include "endpoints/door/socket/unix_folder.h"
#include "profiler/sys/thread/own_descriptors.h"

namespace pprof::http {
namespace {

// Connections that wait in the kernel until the gate's thread accepts them.
constexpr int kBacklog = 128;

UniqueFd MakeSocket(int family) {
  return VisibleSocket::MoveUp(
      UniqueFd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)));
}

// Looks at files without numbers among the program's descriptors.
Status PreparePlace(const ListenAddress& address) {
  return sys::WithOwnDescriptors([&] {
    Status prepared = CheckSocketFolder(address.unix_path);
    if (prepared.ok()) prepared = RemoveStaleSocket(address.unix_path);
    if (prepared.ok() && address.is_of_process) RemoveSocketsOfEndedProcesses(address.unix_path);
    return prepared;
  });
}

uint16_t BoundPort(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  const bool v4 = storage.ss_family == AF_INET;
  return ntohs(v4 ? reinterpret_cast<sockaddr_in&>(storage).sin_port
                  : reinterpret_cast<sockaddr_in6&>(storage).sin6_port);
}

}  // namespace

Result<Listener> Listener::Bind(const ListenAddress& address) {
  return address.is_unix() ? BindUnix(address) : BindTcp(address);
}

Result<Listener> Listener::BindTcp(const ListenAddress& address) {
  const SocketAddress where = TcpAddress(address);
  const bool v6 = where.storage.ss_family == AF_INET6;
  const std::string host = v6 ? "[" + address.host + "]" : address.host;
  const std::string text = host + ":" + std::to_string(address.port);
  UniqueFd socket = MakeSocket(where.storage.ss_family);
  if (!socket.ok()) return SystemError("socket for " + text);
  // A restart does not wait for old connections to time out. Not SO_REUSEPORT: two instances would
  // share the port and the kernel would split connections between them.
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (v6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(socket.get(), where.get(), where.size) != 0) return SystemError("bind " + text);
  if (listen(socket.get(), kBacklog) != 0) return SystemError("listen " + text);
  Listener listener;
  listener.port_ = BoundPort(socket.get());
  listener.text_ = host + ":" + std::to_string(listener.port_);
  if (const Status kept = listener.Keep(std::move(socket)); !kept.ok()) return kept;
  return listener;
}

Result<Listener> Listener::BindUnix(const ListenAddress& address) {
  if (const Status prepared = PreparePlace(address); !prepared.ok()) return prepared;
  const std::string& path = address.unix_path;
  const SocketAddress where = UnixAddress(path);
  UniqueFd socket = MakeSocket(AF_UNIX);
  if (!socket.ok()) return SystemError("socket for " + path);
  if (bind(socket.get(), where.get(), where.size) != 0) return SystemError("bind " + path);
  Listener listener;
  listener.unix_file_ = FileIdentity::OfPath(path.c_str());
  listener.unix_path_ = path;  // removed by the destructor from here on
  listener.text_ = "unix:" + path;
  // No other user can connect in between: none can enter the directory.
  if (chmod(path.c_str(), 0600) != 0) return SystemError("chmod " + path);
  if (listen(socket.get(), kBacklog) != 0) return SystemError("listen " + path);
  if (const Status kept = listener.Keep(std::move(socket)); !kept.ok()) return kept;
  return listener;
}

Status Listener::Keep(UniqueFd socket) {
  auto kept = VisibleSocket::Take(std::move(socket));
  if (!kept.ok()) return kept.status();
  socket_ = std::move(kept).value();
  fd_ = socket_.number();
  return {};
}

Listener::~Listener() {
  if (unix_path_.empty() || !unix_file_.known()) return;
  if (FileIdentity::OfPath(unix_path_.c_str()) == unix_file_) unlink(unix_path_.c_str());
}

}  // namespace pprof::http
