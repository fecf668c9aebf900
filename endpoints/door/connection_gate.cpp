#include "endpoints/door/connection_gate.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <thread>
#include <utility>

#include "endpoints/door/socket/peer.h"
#include "endpoints/handlers/metrics_handler.h"
#include "endpoints/handlers/router.h"
#include "profiler/sys/thread/own_descriptors.h"

namespace pprof::http {
namespace {

using State = Connection::State;
using Clock = Connection::Clock;

// While there is no free descriptor or no memory, calls fail at once: the pause keeps the thread
// from spinning.
constexpr std::chrono::milliseconds kPause{50};
constexpr int kAcceptsAtOnce = 64;

}  // namespace

ConnectionGate::ConnectionGate(Listener listener, const Options& options)
    : options_(options),
      listener_(std::move(listener)),
      dumps_(options.dumps_per_second, options.dump_burst),
      lookups_(options.dumps_per_second, options.dump_burst) {
  polled_.reserve(kMaxConnections + kAcceptsAtOnce);
}

Status ConnectionGate::Start() {
  auto thread = OwnThread::Start("pprof-http", [this] { Run(); });
  if (!thread.ok()) return thread.status();
  thread_ = std::move(thread).value();
  sys::MutexLock lock(mutex_);
  while (!started_) changed_.Wait(mutex_);
  if (!started_->ok()) return *started_;
  lock.Unlock();
  if (Status started = small_workers_.Start("pprof-small"); !started.ok()) return started;
  if (Status started = workers_.Start("pprof-work"); !started.ok()) return started;
  if (options_.log) {
    if (Status started = log_worker_.Start("pprof-log"); !started.ok()) return started;
  }
  return long_workers_.Start("pprof-record");
}

ConnectionGate::~ConnectionGate() {
  {
    const sys::MutexLock lock(mutex_);
    stopping_.store(true, std::memory_order_relaxed);
  }
  changed_.NotifyAll();
  thread_.reset();
  small_workers_.Stop();
  workers_.Stop();
  long_workers_.Stop();
  log_worker_.Stop();
}

void ConnectionGate::Run() {
  const bool own_descriptors = sys::UnshareDescriptors(listener_.fd());
  std::optional<OwnThread> waker;
  const Status prepared = Prepare(waker);
  {
    const sys::MutexLock lock(mutex_);
    started_ = prepared;
  }
  changed_.NotifyAll();
  if (prepared.ok()) Serve();
  chores_.reset();
  waker.reset();
  connections_.clear();
  wake_ = UniqueFd();
  // Not left to the end of the thread, which comes a little later than a join returns.
  if (own_descriptors) close(listener_.fd());
}

// Errors: never throws, since Start() waits for the answer.
Status ConnectionGate::Prepare(std::optional<OwnThread>& waker) try {
  wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_.ok()) return {StatusCode::kInternal, "eventfd: no file descriptor left"};
  auto thread = OwnThread::Start("pprof-wake", [this] { WakeWhenAsked(); });
  if (!thread.ok()) return thread.status();
  waker = std::move(thread).value();
  // Opens its files before Start returns: from then on an idle server opens none.
  chores_.emplace(options_.history);
  return {};
} catch (...) {
  return {StatusCode::kInternal, "out of memory"};  // short enough to need none
}

void ConnectionGate::WakeWhenAsked() {
  sys::MutexLock lock(mutex_);
  while (!stopping_) {
    if (std::exchange(wake_asked_, false)) {
      eventfd_write(wake_.get(), 1);
    } else {
      changed_.Wait(mutex_);
    }
  }
  eventfd_write(wake_.get(), 1);
}

void ConnectionGate::Serve() {
  while (!stopping_.load(std::memory_order_relaxed)) {
    try {
      Poll();
      CollectFinished();
      ExpireAndClose();
      if (Clock::now() >= chores_->next()) DoChores();
    } catch (...) {
      // Out of memory. Drops all connections; clients may retry.
      connections_.clear();
      body_budget_ = kBodyBudget;
      std::this_thread::sleep_for(kPause);
    }
  }
}

// exit() runs on a worker, whose descriptors are the program's.
void ConnectionGate::DoChores() {
  chores_->Run();
  if (!chores_->program_has_ended()) return;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): as the C library does after the last thread
  if (workers_.TryRun([] { std::exit(0); })) chores_->LookAgain();
}

void ConnectionGate::Poll() {
  polled_.clear();
  polled_.push_back({wake_.get(), POLLIN, 0});
  polled_.push_back({MayAccept() ? listener_.fd() : -1, POLLIN, 0});
  for (const Connection& connection : connections_) {
    polled_.push_back({connection.PollFd(), connection.Events(), 0});
  }
  const int found = poll(polled_.data(), polled_.size(), MillisecondsToWait());
  // RLIMIT_NOFILE may be less than the number of entries, or the kernel be out of memory.
  if (found < 0) return std::this_thread::sleep_for(kPause);
  eventfd_t ignored;
  if (polled_[0].revents != 0) eventfd_read(wake_.get(), &ignored);
  size_t i = 2;
  for (Connection& connection : connections_) OnEvents(connection, polled_[i++].revents);
  if (polled_[1].revents != 0) Accept();
}

int ConnectionGate::MillisecondsToWait() const {
  auto next = chores_->next();
  if (!MayAccept()) next = std::min(next, accept_again_);
  for (const Connection& connection : connections_) {
    if (connection.state() != State::kWorking) next = std::min(next, connection.deadline());
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now());
  return static_cast<int>(std::max<int64_t>(0, left.count() + 1));
}

bool ConnectionGate::MayAccept() const { return Clock::now() >= accept_again_; }

void ConnectionGate::Accept() {
  for (int i = 0; i < kAcceptsAtOnce; ++i) {
    UniqueFd fd(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.ok()) {
      const bool nothing_there = errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
      if (!nothing_there) accept_again_ = Clock::now() + kPause;
      return;
    }
    const int on = 1;
    if (!listener_.is_unix()) setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const Peer peer = PeerOf(fd.get(), listener_.is_unix());
    MakeRoom();
    Connection& connection = connections_.emplace_back(next_id_++, std::move(fd), peer.text);
    if (listener_.is_unix() && !IsAllowedPeer(peer, options_.allowed_uids)) {
      Refuse(connection, {403, Refusal::kPeer, "this user may not connect", "", ""});
      continue;
    }
    OnEvents(connection, POLLIN);  // mostly the request has already arrived
  }
}

// Closes the oldest connection that is not being worked on, in the order of the states below.
void ConnectionGate::MakeRoom() {
  const auto is_reading = [](const Connection& c) { return c.state() == State::kReading; };
  const auto reading = std::count_if(connections_.begin(), connections_.end(), is_reading);
  if (static_cast<size_t>(reading) >= kMaxReading) {
    Refuse(*std::find_if(connections_.begin(), connections_.end(), is_reading),
           Busy("too many connections; try again"));
  }
  if (connections_.size() < kMaxConnections) return;
  for (const State state : {State::kDraining, State::kReading, State::kWriting}) {
    const auto oldest = std::find_if(connections_.begin(), connections_.end(),
                                     [&](const Connection& c) { return c.state() == state; });
    if (oldest == connections_.end()) continue;
    oldest->Close();
    break;
  }
  ExpireAndClose();
}

void ConnectionGate::OnEvents(Connection& connection, short events) {
  if ((events & (POLLERR | POLLNVAL)) != 0) return connection.OnHangUp();
  if (connection.state() == State::kWorking) {
    if ((events & (POLLHUP | POLLRDHUP)) != 0) connection.OnHangUp();
    return;
  }
  if ((events & (POLLIN | POLLHUP)) != 0 && connection.state() != State::kWriting) {
    std::optional<Refused> refused;
    connection.OnReadable(options_, body_budget_, refused);
    if (refused) return Refuse(connection, *refused);
    if (connection.state() == State::kComplete) return Dispatch(connection);
  }
  if ((events & (POLLOUT | POLLHUP)) != 0 && connection.state() == State::kWriting) {
    connection.OnWritable();
  }
}

void ConnectionGate::ExpireAndClose() {
  const auto now = Clock::now();
  for (auto it = connections_.begin(); it != connections_.end();) {
    if (it->state() != State::kWorking && now >= it->deadline()) {
      if (it->state() == State::kReading) {
        Refuse(*it, {408, Refusal::kTimeout, "the request did not arrive within 3 s", "", ""});
      } else {
        if (it->state() == State::kWriting) refusals_.Count(Refusal::kTimeout);
        it->Close();
      }
    }
    if (it->state() != State::kClosed) {
      ++it;
      continue;
    }
    body_budget_ += it->body_held();
    CountAndLog(*it);
    it = connections_.erase(it);
  }
}

void ConnectionGate::CountAndLog(const Connection& connection) {
  if (!connection.answered()) return;
  requests_.Count(RequestLabel(connection.head().path), connection.status(), connection.sent(),
                  connection.duration());
  if (!options_.log) return;
  log_worker_.TryRun([this, record = connection.Record()] { options_.log(record); });
}

}  // namespace pprof::http
