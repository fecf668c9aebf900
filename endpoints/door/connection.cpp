#include "endpoints/door/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "endpoints/door/admission.h"

namespace pprof::http {
namespace {

constexpr size_t kReadBytes = size_t{16} << 10;
constexpr int kReadsAtOnce = 4;    // then other connections get their turn
constexpr int kWritesAtOnce = 16;  // the same

bool WouldBlock() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Connection::Connection(uint64_t id, UniqueFd fd, std::string peer)
    : id_(id), fd_(std::move(fd)), peer_(std::move(peer)) {}

short Connection::Events() const {
  switch (state_) {
    case State::kReading:
      return POLLIN;
    case State::kWorking:
      return takes_seconds_ ? POLLRDHUP : 0;
    case State::kWriting:
      return POLLOUT;
    case State::kDraining:
      return POLLIN;
    default:
      return 0;
  }
}

int Connection::PollFd() const {
  const bool gone = state_ == State::kWorking && left_->load(std::memory_order_relaxed);
  return gone ? -1 : fd();
}

void Connection::OnReadable(const Options& options, size_t& budget,
                            std::optional<Refused>& refused) {
  if (state_ == State::kDraining) return Drain();
  char buffer[kReadBytes];
  for (int i = 0; i < kReadsAtOnce && state_ == State::kReading && !refused; ++i) {
    const ssize_t got = recv(fd(), buffer, sizeof buffer, 0);
    if (got < 0 && WouldBlock()) return;
    if (got <= 0) return Close();  // closed before its request was complete
    refused = TakeBytes(std::string_view(buffer, static_cast<size_t>(got)), options, budget);
  }
}

std::optional<Refused> Connection::TakeBytes(std::string_view bytes, const Options& options,
                                             size_t& budget) {
  if (have_head_) {
    TakeBodyBytes(bytes);
    return std::nullopt;
  }
  switch (reader_.Append(bytes)) {
    case HeadReader::State::kIncomplete:
      return std::nullopt;
    case HeadReader::State::kRefused:
      return reader_.refused();
    case HeadReader::State::kComplete:
      return TakeHead(options, budget);
  }
  return std::nullopt;
}

std::optional<Refused> Connection::TakeHead(const Options& options, size_t& budget) {
  have_head_ = true;
  if (auto refused = Admit(head(), options)) return refused;
  if (head().content_length > budget) {
    return Refused{503, Refusal::kBusy, "too many request bodies at once; try again", "", ""};
  }
  body_held_ = head().content_length;
  budget -= body_held_;
  TakeBodyBytes(reader_.rest());
  return std::nullopt;
}

// A second request after the first one is discarded: every connection has one answer.
void Connection::TakeBodyBytes(std::string_view bytes) {
  body_.append(bytes.substr(0, head().content_length - body_.size()));
  if (body_.size() == head().content_length) state_ = State::kComplete;
}

Request Connection::TakeRequest() {
  Request request;
  request.method = head().method;
  request.path = head().path;
  request.query = head().query;
  request.headers = head().headers;
  request.body = std::move(body_);
  return request;
}

void Connection::OnHangUp() {
  left_->store(true, std::memory_order_relaxed);
  // A busy worker's answer still finds the connection, and is then discarded.
  if (state_ != State::kWorking) Close();
}

void Connection::Answer(int status, std::string bytes, std::unique_ptr<AnswerBody> rest) {
  status_ = status;
  out_ = std::move(bytes);
  rest_ = std::move(rest);
  state_ = State::kWriting;
  write_started_ = Clock::now();
  deadline_ = write_started_ + kWriteTime;
  OnWritable();  // mostly all of it fits into the kernel's buffer
}

void Connection::OnWritable() {
  for (int i = 0; MoreToSend(); ++i) {
    if (i == kWritesAtOnce) return;
    const ssize_t sent = send(fd(), out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (sent < 0 && WouldBlock()) return;
    if (sent < 0) return Close();
    written_ += static_cast<size_t>(sent);
    sent_ += static_cast<size_t>(sent);
    deadline_ = write_started_ + kWriteTime + std::chrono::seconds(sent_ / kWriteBytesPerSecond);
  }
  finished_ = Clock::now();
  out_ = std::string();
  rest_ = nullptr;
  shutdown(fd(), SHUT_WR);
  state_ = State::kDraining;
  deadline_ = finished_ + kDrainTime;
}

// Fetches the next part of the answer when the last one is sent.
bool Connection::MoreToSend() {
  if (written_ < out_.size()) return true;
  if (rest_ == nullptr || !rest_->Take(out_)) return false;
  written_ = 0;
  return true;
}

void Connection::Drain() {
  char buffer[kReadBytes];
  for (int i = 0; i < kReadsAtOnce; ++i) {
    const ssize_t got = recv(fd(), buffer, sizeof buffer, 0);
    if (got < 0 && WouldBlock()) return;
    if (got <= 0) return Close();
  }
}

RequestRecord Connection::Record() const {
  RequestRecord record;
  record.peer = peer_;
  record.method = head().method;
  record.path = head().path;
  record.status = status_;
  record.bytes = sent_;
  record.duration = std::chrono::duration_cast<std::chrono::milliseconds>(finished_ - accepted_);
  return record;
}

}  // namespace pprof::http
