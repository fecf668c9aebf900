// Between the network and the handlers: one thread that accepts, reads requests and writes
// answers with poll, so that no client, however slow or hostile, holds a worker. Workers see only
// requests that are complete and admitted, and only make bytes of them.
#pragma once

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
  // Half-open and reading at once; the oldest makes room for the next one.
  static constexpr size_t kMaxReading = 64;
  // Complete requests that wait for a worker; one more is refused.
  static constexpr size_t kMaxWaiting = 64;
  // Connections in all states.
  static constexpr size_t kMaxConnections = 192;
  // Bytes of all request bodies at once.
  static constexpr size_t kBodyBudget = size_t{8} << 20;
  // Threads for answers made at once, and for those that take `seconds`.
  static constexpr size_t kWorkers = 3;
  static constexpr size_t kLongWorkers = 4;

  ConnectionGate(Listener listener, const Options& options);
  ~ConnectionGate();
  ConnectionGate(const ConnectionGate&) = delete;
  ConnectionGate& operator=(const ConnectionGate&) = delete;

  // Starts the threads. Errors: kInternal when the system gives none.
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
  UniqueFd wake_;  // eventfd
  RefusalCounters refusals_;
  TokenBucket dumps_;
  HttplibWriter writers_[kWorkers];           // one a worker
  HttplibWriter long_writers_[kLongWorkers];  // the same
  std::atomic<bool> stopping_{false};

  // Owned by the gate's thread.
  std::list<Connection> connections_;  // oldest first
  uint64_t next_id_ = 1;
  HttplibWriter refusal_writer_;
  size_t body_budget_ = kBodyBudget;
  Connection::Clock::time_point accept_again_{};  // later than now: out of descriptors

  sys::Mutex finished_mutex_;
  std::vector<Finished> finished_ PPROF_GUARDED_BY(finished_mutex_);

  // Last, so that they end first.
  WorkerPool workers_{kWorkers, kMaxWaiting};
  WorkerPool long_workers_{kLongWorkers, 0};
  std::optional<OwnThread> thread_;
};

}  // namespace pprof::http
