// pprof-cpp expose: a TCP port of this machine that leads to a process's socket.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <iostream>
#include <string>
#include <thread>

#include "command/failure.h"
#include "command/processes/target.h"
#include "command/verb.h"

namespace pprof::command {
namespace {

constexpr int kMostConnections = 64;  // the server's own limit
constexpr int kBacklog = 16;

// Refused for addresses that other machines reach: the socket knows no token.
sockaddr_in LocalAddress(const std::string& text) {
  const Address parsed = ParseAddress(text);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(parsed.port.c_str())));
  const std::string host = parsed.host == "localhost" ? "127.0.0.1" : parsed.host;
  if (parsed.is_unix() || inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
      (ntohl(address.sin_addr.s_addr) >> 24) != 127) {
    throw Failure(text +
                      " is not an address of this machine alone, such as 127.0.0.1:6060; for "
                      "other machines use ssh -L",
                  kUsage);
  }
  return address;
}

int Listen(const std::string& text) {
  const sockaddr_in address = LocalAddress(text);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, kBacklog) != 0) {
    throw Failure("cannot listen at " + text + ": " + ErrorText());
  }
  return fd;
}

int PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// Moves what has come to the other side. False at the end of this direction.
bool Move(int from, int to) {
  char buffer[65536];
  const ssize_t count = recv(from, buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  for (ssize_t sent = 0; sent < count;) {
    const ssize_t now = send(to, buffer + sent, static_cast<size_t>(count - sent), MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += now;
  }
  return true;
}

// The server closes after its answer; a client that leaves ends its recording.
void Carry(int client, int server) {
  pollfd ends[2] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
  for (;;) {
    if (poll(ends, 2, -1) < 0) break;
    if (ends[0].revents != 0 && !Move(client, server)) break;
    if (ends[1].revents != 0 && !Move(server, client)) break;
  }
  close(client);
  close(server);
}

}  // namespace

int Expose(const Words& words) {
  const Target target = FindTarget(words.names[0]);
  const int listener = Listen(words.names[1]);
  std::cout << "http://127.0.0.1:" << PortOf(listener) << "/debug/pprof/ leads to " << target.Text()
            << " until Ctrl-C" << std::endl;
  static std::atomic<int> connections{0};  // its threads outlive this function's frame at exit
  for (;;) {
    const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0 && errno == EINTR) continue;
    if (client < 0) throw Failure("no more connections: " + ErrorText());
    const int server = connections < kMostConnections ? Connect(target.address) : -1;
    if (server < 0) {
      close(client);
      if (target.pid == 0 || connections >= kMostConnections) continue;
      throw Failure(target.Text() + " no longer answers: " + ErrorText(), kNobody);
    }
    ++connections;
    std::thread([client, server] {
      Carry(client, server);
      --connections;
    }).detach();
  }
}

}  // namespace pprof::command
