// Requests orders from demo_app servers at a fixed rate, far below their capacity, and prints the
// latency of each slice as CSV. With several servers the slices alternate, and the order is
// reversed in each round, so that drift of the machine affects all of them.
//
//   latency_probe SECONDS SLICE_SECONDS REQUESTS_PER_SECOND PORT...
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;
using std::chrono::duration;
using std::chrono::duration_cast;

constexpr size_t kConnections = 8;  // per server; one request at a time on each
constexpr char kRequest[] =
    "GET /orders/17 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer alice\r\n\r\n";

struct Slice {
  std::vector<double> microseconds;  // of answers with status 200
  int errors = 0;                    // other answers and broken connections
};

// One kept-alive connection, reopened when it breaks.
class Connection {
 public:
  explicit Connection(uint16_t port) : port_(port) {}
  ~Connection() { Close(); }
  Connection(Connection&& other) noexcept : port_(other.port_), fd_(other.fd_) { other.fd_ = -1; }
  Connection& operator=(Connection&&) = delete;

  int fd() const { return fd_; }
  bool waiting() const { return waiting_; }

  // Latency is measured from `from`.
  bool Ask(Time from) {
    if (fd_ >= 0 && ClosedByServer()) Close();  // it was idle for too long
    if (fd_ < 0) Open();
    from_ = from;
    received_.clear();
    waiting_ = send(fd_, kRequest, sizeof(kRequest) - 1, MSG_NOSIGNAL) == sizeof(kRequest) - 1;
    if (!waiting_) Close();
    return waiting_;
  }

  void Receive(Slice& slice) {
    char bytes[4096];
    const ssize_t count = recv(fd_, bytes, sizeof(bytes), 0);
    if (count <= 0) return Fail(slice);
    received_.append(bytes, static_cast<size_t>(count));
    if (!IsWhole()) return;
    waiting_ = false;
    if (received_.rfind("HTTP/1.1 200 ", 0) != 0) return Fail(slice);
    slice.microseconds.push_back(duration<double, std::micro>(Clock::now() - from_).count());
  }

  void Fail(Slice& slice) {
    ++slice.errors;
    Close();
  }

 private:
  void Open() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Close();
  }

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
    waiting_ = false;
  }

  bool ClosedByServer() const {
    char byte;
    return recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
  }

  bool IsWhole() const {
    const size_t end = received_.find("\r\n\r\n");
    const size_t length = received_.find("Content-Length: ");
    if (end == std::string::npos || length == std::string::npos) return false;
    return received_.size() >= end + 4 + std::strtoul(received_.c_str() + length + 16, nullptr, 10);
  }

  uint16_t port_;
  int fd_ = -1;
  bool waiting_ = false;
  Time from_;
  std::string received_;
};

struct Server {
  std::vector<Connection> connections;
  size_t next = 0;
};

// Waits for answers until `until`, or for the first one.
void ReceiveUntil(Time until, Server& server, Slice& slice) {
  std::vector<pollfd> waiting;
  for (const Connection& c : server.connections) {
    // poll ignores a negative descriptor.
    waiting.push_back({c.waiting() ? c.fd() : -1, POLLIN, 0});
  }
  const auto left = std::max<Clock::duration>(until - Clock::now(), Clock::duration::zero());
  const timespec timeout{static_cast<time_t>(duration_cast<std::chrono::seconds>(left).count()),
                         static_cast<long>(left.count() % 1000000000)};
  if (ppoll(waiting.data(), waiting.size(), &timeout, nullptr) <= 0) return;
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].revents != 0) server.connections[i].Receive(slice);
  }
}

// In turns: the server closes a connection that is never used.
Connection* FreeConnection(Server& server) {
  for (size_t i = 0; i < kConnections; ++i) {
    Connection& c = server.connections[server.next++ % kConnections];
    if (!c.waiting()) return &c;
  }
  return nullptr;
}

Slice RunSlice(Server& server, double seconds, double per_second) {
  Slice slice;
  const auto period = duration_cast<Clock::duration>(duration<double>(1 / per_second));
  const Time end = Clock::now() + duration_cast<Clock::duration>(duration<double>(seconds));
  bool late = false;  // no connection was free: the wait is part of the latency
  for (Time due = Clock::now(); due < end;) {
    ReceiveUntil(due, server, slice);
    if (Clock::now() < due) continue;
    Connection* free = FreeConnection(server);
    if (free == nullptr) {
      late = true;
      ReceiveUntil(end, server, slice);
      if (Clock::now() >= end) break;
      continue;
    }
    if (!free->Ask(late ? due : Clock::now())) ++slice.errors;
    late = false;
    due += period;
  }
  const Time patience = Clock::now() + std::chrono::seconds(5);
  const auto is_waiting = [](const Connection& c) { return c.waiting(); };
  const auto& all = server.connections;
  while (std::any_of(all.begin(), all.end(), is_waiting) && Clock::now() < patience) {
    ReceiveUntil(patience, server, slice);
  }
  for (Connection& c : server.connections) {
    if (c.waiting()) c.Fail(slice);
  }
  return slice;
}

double Quantile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * sorted.size()))];
}

void Print(int round, size_t server, Slice& slice) {
  std::sort(slice.microseconds.begin(), slice.microseconds.end());
  std::printf("%d,%zu,%zu,%d,%.2f,%.2f\n", round, server, slice.microseconds.size(), slice.errors,
              Quantile(slice.microseconds, 0.5), Quantile(slice.microseconds, 0.99));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr,
                 "usage: latency_probe SECONDS SLICE_SECONDS REQUESTS_PER_SECOND PORT...\n");
    return 2;
  }
  const Time end = Clock::now() + duration_cast<Clock::duration>(duration<double>(atof(argv[1])));
  std::vector<Server> servers;
  for (int i = 4; i < argc; ++i) {
    Server& server = servers.emplace_back();
    for (size_t c = 0; c < kConnections; ++c) {
      server.connections.emplace_back(static_cast<uint16_t>(atoi(argv[i])));
    }
  }
  std::printf("round,server,requests,errors,p50_us,p99_us\n");
  for (int round = 0; Clock::now() < end; ++round) {
    for (size_t i = 0; i < servers.size(); ++i) {
      const size_t which = round % 2 == 0 ? i : servers.size() - 1 - i;
      Slice slice = RunSlice(servers[which], atof(argv[2]), atof(argv[3]));
      Print(round, which, slice);
    }
  }
  return 0;
}
