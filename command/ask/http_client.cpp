#include "command/ask/http_client.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "command/failure.h"

namespace pprof::command {
namespace {

using std::chrono::steady_clock;

constexpr timeval kConnectTimeout{10, 0};
constexpr int kWatchMilliseconds = 200;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    const int error = errno;
    if (fd_ >= 0) close(fd_);
    errno = error;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

int ConnectTo(const sockaddr* address, socklen_t size) {
  const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kConnectTimeout, sizeof kConnectTimeout);
  if (connect(fd, address, size) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error == EINPROGRESS ? ETIMEDOUT : error;
  return -1;
}

int ConnectUnix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path through /proc/PID/root is soon longer than 107 bytes; its descriptor has a short one.
  const Descriptor file(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (file.get() < 0) return -1;
  std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file.get());
  return ConnectTo(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int ConnectTcp(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  if (error != 0) {
    throw Failure("no address for \"" + address.host + "\": " + gai_strerror(error), kNobody);
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  int fd = -1;
  for (const addrinfo* at = found; at != nullptr && fd < 0; at = at->ai_next) {
    fd = ConnectTo(at->ai_addr, at->ai_addrlen);
  }
  return fd;
}

void SendAll(int fd, const std::string& text) {
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t now = send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (now <= 0) throw Failure("the request could not be sent: " + ErrorText(), kNobody);
    sent += static_cast<size_t>(now);
  }
}

// HTTP/1.0: the end of the connection is the end of the answer, and nothing is chunked.
std::string RequestText(const Address& address, const std::string& path) {
  const std::string host = address.is_unix() ? "localhost" : address.HostAndPort();
  std::string text = "GET " + address.base + path + " HTTP/1.0\r\nHost: " + host + "\r\n";
  if (!address.token.empty()) text += "Authorization: Bearer " + address.token + "\r\n";
  return text + "\r\n";
}

// Everything until the server closes.
std::string ReadAll(int fd, std::chrono::seconds patience, const Watcher& watcher) {
  std::string all;
  char buffer[65536];
  auto last = steady_clock::now();
  for (;;) {
    pollfd ready{fd, POLLIN, 0};
    const int events = poll(&ready, 1, kWatchMilliseconds);
    if (watcher) watcher(all.size());
    if (events <= 0) {
      if (steady_clock::now() - last < patience) continue;
      throw Failure("no answer within " + std::to_string(patience.count()) + " s");
    }
    const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
    if (count < 0) throw Failure("the connection broke: " + ErrorText());
    if (count == 0) return all;
    last = steady_clock::now();
    all.append(buffer, static_cast<size_t>(count));
  }
}

// The value of a header, whose name is given in lower case with its colon.
std::string Header(const std::string& head, const std::string& name) {
  for (size_t at = head.find("\r\n"); at < head.size(); at = head.find("\r\n", at + 2)) {
    if (strncasecmp(head.c_str() + at + 2, name.c_str(), name.size()) != 0) continue;
    const size_t begin = head.find_first_not_of(' ', at + 2 + name.size());
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
  return "";
}

Answer Parse(const std::string& all) {
  const size_t end = all.find("\r\n\r\n");
  if (all.compare(0, 5, "HTTP/") != 0 || end == std::string::npos || all.size() < 12) {
    throw Failure(all.empty() ? "the connection was closed without an answer"
                              : "what answers there does not speak HTTP",
                  kNobody);
  }
  const std::string head = all.substr(0, end + 2);
  Answer answer{std::atoi(all.c_str() + 9), Header(head, "content-type:"), all.substr(end + 4)};
  const std::string length = Header(head, "content-length:");
  if (!length.empty() && length != std::to_string(answer.body.size())) {
    throw Failure("the answer ended after " + std::to_string(answer.body.size()) + " of " + length +
                  " bytes");
  }
  return answer;
}

}  // namespace

int Connect(const Address& address) {
  return address.is_unix() ? ConnectUnix(address.unix_path) : ConnectTcp(address);
}

Answer Get(const Address& address, const std::string& path, std::chrono::seconds patience,
           const Watcher& watcher) {
  const int fd = Connect(address);
  if (fd < 0) {
    throw Failure("nobody can be asked at " + address.Text() + ": " + ErrorText(), kNobody);
  }
  const Descriptor socket(fd);
  SendAll(fd, RequestText(address, path));
  return Parse(ReadAll(fd, patience, watcher));
}

}  // namespace pprof::command
