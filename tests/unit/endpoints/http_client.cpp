#include "tests/unit/endpoints/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>

namespace pprof::http {

std::string ClientAnswer::Header(const std::string& name) const {
  const size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

int Connect(uint16_t port, const std::string& bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(fd);
    return -1;
  }
  if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return fd;
  return fd;
}

namespace {

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

}  // namespace

int ConnectUnix(const std::string& path, const std::string& bytes) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = UnixAddress(path);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return fd;
  if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return fd;
  return fd;
}

int BindUnix(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = UnixAddress(path);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  return fd;
}

ClientAnswer ReadAnswer(int fd) {
  std::string all;
  char buffer[4096];
  for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    all.append(buffer, static_cast<size_t>(got));
  }
  close(fd);
  ClientAnswer answer;
  const size_t end = all.find("\r\n\r\n");
  if (end == std::string::npos) return answer;
  answer.head = all.substr(0, end + 2);
  answer.body = all.substr(end + 4);
  answer.status = std::atoi(answer.head.c_str() + sizeof "HTTP/1.1");
  return answer;
}

ClientAnswer SendBytes(uint16_t port, const std::string& bytes) {
  const int fd = Connect(port, bytes);
  return fd < 0 ? ClientAnswer() : ReadAnswer(fd);
}

ClientAnswer Get(uint16_t port, const std::string& target, const std::string& more_headers) {
  return SendBytes(port,
                   "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + more_headers + "\r\n");
}

ClientAnswer Post(uint16_t port, const std::string& target, const std::string& body,
                  const std::string& more_headers) {
  return SendBytes(port, "POST " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                             std::to_string(body.size()) + "\r\n" + more_headers + "\r\n" + body);
}

}  // namespace pprof::http
