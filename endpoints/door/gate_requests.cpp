// A request's way from the gate to a worker, and its answer's way back.
#include <list>
#include <memory>
#include <utility>

#include "endpoints/answers/answers.h"
#include "endpoints/door/connection_gate.h"
#include "endpoints/handlers/profile_handler.h"
#include "endpoints/handlers/router.h"

namespace pprof::http {
namespace {

bool IsLong(const RequestHead& head) {
  const ProfileType* type = head.method == "GET" ? ProfileAt(head.path) : nullptr;
  return type != nullptr && TakesSeconds(*type, head.query);
}

}  // namespace

size_t ConnectionGate::WaitingBytes() const {
  size_t bytes = 0;
  for (const Connection& connection : connections_) bytes += connection.waiting_bytes();
  return bytes;
}

WorkerPool& ConnectionGate::PoolFor(const RequestHead& head, bool is_long) {
  if (is_long) return long_workers_;
  return ProfileAt(head.path) != nullptr || IsSymbolPath(head.path) ? workers_ : small_workers_;
}

void ConnectionGate::Dispatch(Connection& connection) {
  const bool is_profile = ProfileAt(connection.head().path) != nullptr;
  if (is_profile && WaitingBytes() > kAnswerBudget) {
    return Refuse(connection, Busy("too many answers wait for slow clients; try again"));
  }
  const bool is_long = IsLong(connection.head());
  Request request = connection.TakeRequest();
  request.cancelled = [this, left = connection.left()] {
    return left->load(std::memory_order_relaxed) || stopping_.load(std::memory_order_relaxed);
  };
  // The place of the answer exists before the work, which may use up the memory.
  const auto place = std::make_shared<std::list<Finished>>();
  place->push_back({connection.id(), std::nullopt});
  auto job = [this, place, request = std::move(request)] { Work(request, *place); };
  connection.StartWork(is_long);
  WorkerPool& pool = PoolFor(connection.head(), is_long);
  if (pool.TryRun(std::move(job))) return;
  if (!pool.IsFull()) {
    return Refuse(connection,
                  Busy("no thread can be started for this request: no memory for its stack, or a "
                       "limit on the number of threads (RLIMIT_NPROC, pids.max); try again later"));
  }
  Refuse(connection, Busy(is_long ? "too many recordings and deltas are running; try again later"
                                  : "too many requests are waiting; try again"));
}

// Runs on a worker's thread.
void ConnectionGate::Work(const Request& request, std::list<Finished>& place) {
  const Context context{options_, refusals_, requests_, dumps_, lookups_, &room_};
  try {
    place.front().answer.emplace(Route(request, context));
  } catch (...) {
    // Out of memory, also for the error.
  }
  {
    const sys::MutexLock lock(mutex_);
    finished_.splice(finished_.end(), place);
    wake_asked_ = true;
  }
  changed_.NotifyAll();
}

void ConnectionGate::CollectFinished() {
  std::list<Finished> finished;
  {
    const sys::MutexLock lock(mutex_);
    finished.swap(finished_);
  }
  for (Finished& one : finished) {
    for (Connection& connection : connections_) {
      if (connection.id() != one.connection) continue;
      if (!one.answer) {
        Refuse(connection,
               {503, Refusal::kMemory, "no memory for the answer; try again", "Retry-After", "1"});
      } else if (one.answer->profile != nullptr && WaitingBytes() > 2 * kAnswerBudget) {
        Refuse(connection, Busy("too many answers wait for slow clients; try again"));
      } else {
        Send(connection, *std::move(one.answer));
      }
      break;
    }
  }
}

void ConnectionGate::Send(Connection& connection, Answer answer) {
  const bool head_only = connection.head().method == "HEAD";
  std::string head = writer_.Write(answer, head_only);
  if (head.empty()) return connection.Close();  // the program exits
  connection.Answer(answer.status, std::move(head), std::move(answer.profile));
}

void ConnectionGate::Refuse(Connection& connection, const Refused& refused) {
  refusals_.Count(refused.cause);
  Response response = ErrorAnswer(refused.status, refused.text);
  if (!refused.header.empty()) response.headers.emplace(refused.header, refused.header_value);
  AddSecurityHeaders(response);
  Send(connection, std::move(response));
}

}  // namespace pprof::http
