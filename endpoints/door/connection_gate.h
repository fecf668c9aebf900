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

#include "endpoints/door/connection.h"
#include "endpoints/door/httplib_writer.h"
#include "endpoints/door/listener.h"
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
  // Threads for immediate answers, and for those that take `seconds`.
  static constexpr size_t kWorkers = 3;
  static constexpr size_t kLongWorkers = 4;

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
    int status;
    std::string bytes;
  };

  void Run();
  Status Prepare(std::optional<OwnThread>& waker);
  void Serve();
  void WakeWhenAsked();
  void EndWithTheProgram();
  void Poll();
  void Accept();
  bool MayAccept() const;
  void OnEvents(Connection& connection, short events);
  void Dispatch(Connection& connection);
  size_t UnsentBytes() const;
  void Work(uint64_t id, const Request& request, HttplibWriter& writer);
  void CollectFinished();
  void Refuse(Connection& connection, const Refused& refused);
  void ExpireAndClose();
  void MakeRoom();
  void Log(const Connection& connection);
  int MillisecondsToWait() const;

  const Options options_;
  Listener listener_;
  RefusalCounters refusals_;
  TokenBucket dumps_;
  HttplibWriter writers_[kWorkers];           // one per worker
  HttplibWriter long_writers_[kLongWorkers];  // the same
  std::atomic<bool> stopping_{false};         // set under mutex_

  // Owned by the gate's thread, and closed on it.
  Connection::Clock::time_point look_at_threads_{};
  int times_alone_ = 0;  // in a row
  UniqueFd wake_;        // eventfd; also written by the waker
  std::vector<pollfd>
      polled_;  // of one call of Poll; reserved, so that an idle gate needs no memory
  std::list<Connection> connections_;  // oldest first
  uint64_t next_id_ = 1;
  HttplibWriter refusal_writer_;
  size_t body_budget_ = kBodyBudget;
  Connection::Clock::time_point accept_again_{};  // in the future while out of descriptors

  sys::Mutex mutex_;
  sys::CondVar changed_;  // one of the following, or stopping_
  std::optional<Status> started_ PPROF_GUARDED_BY(mutex_);
  std::vector<Finished> finished_ PPROF_GUARDED_BY(mutex_);
  bool wake_asked_ PPROF_GUARDED_BY(mutex_) = false;

  // Declared last, so that they end first.
  WorkerPool workers_{kWorkers, kMaxWaiting};
  WorkerPool long_workers_{kLongWorkers, 0};
  WorkerPool log_worker_{1, kMaxLogWaiting, WorkerPool::AtStop::kRunWaiting};
  std::optional<OwnThread> thread_;
};

}  // namespace pprof::http
