// One client's connection, from accept to close. Owned by the connection gate's thread; only `left`
// is shared, with the worker that makes the answer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "endpoints/answers/answer_body.h"
#include "endpoints/door/request_head.h"
#include "endpoints/door/socket/unique_fd.h"
#include "pprof/http.h"

namespace pprof::http {

class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  enum class State {
    kReading,   // head, then body
    kComplete,  // the request is complete but not dispatched
    kWorking,   // a worker makes the answer
    kWriting,   // sending the answer
    kDraining,  // sent; discards further input, so that the client can read the answer
    kClosed,
  };

  // Time limits for a client: to send its request, to take the answer (plus a second for every 16
  // KiB taken), and to close afterwards.
  static constexpr std::chrono::seconds kRequestTime{3};
  static constexpr std::chrono::seconds kWriteTime{10};
  static constexpr size_t kWriteBytesPerSecond = size_t{16} << 10;
  static constexpr std::chrono::seconds kDrainTime{1};

  Connection(uint64_t id, UniqueFd fd, std::string peer);

  uint64_t id() const { return id_; }
  int fd() const { return fd_.get(); }

  // fd(), or -1 when there is nothing to wait for: poll would report a client that has left
  // repeatedly.
  int PollFd() const;
  State state() const { return state_; }
  Clock::time_point deadline() const { return deadline_; }

  // The poll events to wait for in this state.
  short Events() const;

  // Reads available bytes. `budget`: bytes left for the bodies of all connections; the body is
  // subtracted from it and added back at the end. If `refused` is set, the caller must Refuse() the
  // request.
  void OnReadable(const Options& options, size_t& budget, std::optional<Refused>& refused);

  // The peer has closed. During kWorking this notifies the worker.
  void OnHangUp();

  void OnWritable();

  // kComplete -> kWorking. `takes_seconds`: a client that closes its side counts as gone. Otherwise
  // it may have closed only its sending direction, like `nc -N`, and still read.
  void StartWork(bool takes_seconds) {
    takes_seconds_ = takes_seconds;
    state_ = State::kWorking;
  }

  // Sends these bytes and `rest`, which may be null, then closes. `status`: for the log.
  void Answer(int status, std::string bytes, std::unique_ptr<AnswerBody> rest);

  void Close() { state_ = State::kClosed; }

  const RequestHead& head() const { return reader_.head(); }
  // After kComplete: method, path, query, headers and body.
  Request TakeRequest();
  const std::shared_ptr<std::atomic<bool>>& left() const { return left_; }

  RequestRecord Record() const;
  bool answered() const { return status_ != 0; }
  int status() const { return status_; }
  uint64_t sent() const { return sent_; }  // bytes
  Clock::duration duration() const { return finished_ - accepted_; }
  size_t body_held() const { return body_held_; }
  // Memory of the answer that waits for the client.
  size_t waiting_bytes() const { return out_.size() + (rest_ == nullptr ? 0 : rest_->memory()); }

 private:
  std::optional<Refused> TakeBytes(std::string_view bytes, const Options& options, size_t& budget);
  std::optional<Refused> TakeHead(const Options& options, size_t& budget);
  void TakeBodyBytes(std::string_view bytes);
  void Drain();
  bool MoreToSend();

  const uint64_t id_;
  UniqueFd fd_;
  const std::string peer_;
  const Clock::time_point accepted_ = Clock::now();
  Clock::time_point deadline_ = accepted_ + kRequestTime;
  Clock::time_point finished_ = accepted_;
  State state_ = State::kReading;

  HeadReader reader_;
  bool have_head_ = false;
  std::string body_;
  size_t body_held_ = 0;

  std::shared_ptr<std::atomic<bool>> left_ = std::make_shared<std::atomic<bool>>(false);
  bool takes_seconds_ = false;
  int status_ = 0;
  std::string out_;
  std::unique_ptr<AnswerBody> rest_;  // follows out_; null: nothing
  size_t written_ = 0;                // of out_
  uint64_t sent_ = 0;                 // in total
  Clock::time_point write_started_{};
};

}  // namespace pprof::http
