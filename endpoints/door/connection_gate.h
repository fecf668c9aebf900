// Connects the network with the handlers: one thread that accepts, reads requests and writes
// answers with poll, so that no slow or hostile client occupies a worker. Workers only get
// complete, admitted requests, and only turn them into bytes.
//
// The gate's thread has a descriptor table of its own (sys::UnshareDescriptors): whatever the
// program closes, reuses, or cannot open, its sockets stay what they are, and no forked child has
// them. Code of the program runs on the workers, which share the program's descriptors; so a worker
// cannot wake the gate, and a small thread that shares the gate's does.
#pragma once

#include <poll.h>

#include <atomic>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "endpoints/door/answer_writer.h"
#include "endpoints/door/chores.h"
#include "endpoints/door/connection.h"
#include "endpoints/door/socket/listener.h"
#include "endpoints/door/worker_pool.h"
#include "endpoints/limits/context.h"
#include "pprof/own_threads.h"
#include "profiler/sys/thread/mutex.h"

namespace pprof::http {

class ConnectionGate {
 public:
  // Maximum connections in kReading; further ones replace the oldest.
  static constexpr size_t kMaxReading = 64;
  // Maximum complete requests that wait for a worker; further ones are refused.
  static constexpr size_t kMaxWaiting = 64;
  // Maximum connections in all states.
  static constexpr size_t kMaxConnections = 192;
  // Maximum bytes of all request bodies together.
  static constexpr size_t kBodyBudget = size_t{8} << 20;
  // Memory of the answers that wait for their clients. While they have more, further profiles are
  // refused; other answers are small.
  static constexpr size_t kAnswerBudget = size_t{16} << 20;
  // Threads for the small answers, for profiles and look-ups, and for what takes `seconds`. The
  // last ones only exist while they are needed.
  static constexpr size_t kSmallWorkers = 1;
  static constexpr size_t kWorkers = 3;
  static constexpr size_t kLongWorkers = kMaxRecordings + 16;

  ConnectionGate(Listener listener, const Options& options);
  ~ConnectionGate();
  ConnectionGate(const ConnectionGate&) = delete;
  ConnectionGate& operator=(const ConnectionGate&) = delete;

  // Maximum records that wait for Options::log; further ones are dropped.
  static constexpr size_t kMaxLogWaiting = 1024;

  // Starts the threads. Errors: kInternal when the system provides none.
  Status Start();

  const Listener& listener() const { return listener_; }
  const RefusalCounters& refusals() const { return refusals_; }

 private:
  struct Finished {
    uint64_t connection;
    std::optional<Answer> answer;  // none: out of memory, or the request is not finished
  };

  void Run();
  Status Prepare(std::optional<OwnThread>& waker);
  void Serve();
  void WakeWhenAsked();
  void DoChores();
  void Poll();
  void Accept();
  bool MayAccept() const;
  void OnEvents(Connection& connection, short events);
  void Dispatch(Connection& connection);
  size_t WaitingBytes() const;
  WorkerPool& PoolFor(const RequestHead& head, bool is_long);
  void Work(const Request& request, std::list<Finished>& place);
  void Send(Connection& connection, Answer answer);
  void CollectFinished();
  void Refuse(Connection& connection, const Refused& refused);
  void ExpireAndClose();
  void MakeRoom();
  void CountAndLog(const Connection& connection);
  int MillisecondsToWait() const;

  const Options options_;
  Listener listener_;
  RefusalCounters refusals_;
  RequestCounters requests_;
  RoomReserve room_;
  TokenBucket dumps_;
  TokenBucket lookups_;
  std::atomic<bool> stopping_{false};

  // Owned by the gate's thread, and closed on it.
  std::optional<Chores> chores_;
  UniqueFd wake_;  // eventfd; also written by the waker
  std::vector<pollfd>
      polled_;  // of one call of Poll; reserved, so that an idle gate needs no memory
  std::list<Connection> connections_;  // oldest first
  uint64_t next_id_ = 1;
  AnswerWriter writer_;
  size_t body_budget_ = kBodyBudget;
  Connection::Clock::time_point accept_again_{};  // in the future while out of descriptors

  sys::Mutex mutex_;
  sys::CondVar changed_;  // one of the following, or stopping_
  std::optional<Status> started_ PPROF_GUARDED_BY(mutex_);
  std::list<Finished> finished_ PPROF_GUARDED_BY(mutex_);
  bool wake_asked_ PPROF_GUARDED_BY(mutex_) = false;

  // Declared last, so that they end first.
  WorkerPool small_workers_{kSmallWorkers, kSmallWorkers, kMaxWaiting};
  WorkerPool workers_{kWorkers, kWorkers, kMaxWaiting};
  WorkerPool long_workers_{0, kLongWorkers, 0};
  WorkerPool log_worker_{1, 1, kMaxLogWaiting, WorkerPool::AtStop::kRunWaiting};
  std::optional<OwnThread> thread_;
};

}  // namespace pprof::http
