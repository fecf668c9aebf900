#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "endpoints/answers/answers.h"
#include "endpoints/door/answer_writer.h"
#include "profiler/sys/process/per_process.h"

namespace pprof::http {
namespace {

constexpr std::chrono::seconds kLongestWrite{1};

// Preserves the action of SIGPIPE, which the constructor of httplib::Server ignores for the whole
// process. This server writes with MSG_NOSIGNAL.
class KeepSigpipe {
 public:
  KeepSigpipe() { sigaction(SIGPIPE, nullptr, &saved_); }
  ~KeepSigpipe() { sigaction(SIGPIPE, &saved_, nullptr); }
  KeepSigpipe(const KeepSigpipe&) = delete;
  KeepSigpipe& operator=(const KeepSigpipe&) = delete;

 private:
  struct sigaction saved_ {};
};

// The calls of Write in this process. Sequentially consistent: either a call sees `exiting`, or
// AwaitWriters sees the call.
struct Writers {
  std::atomic<bool> exiting{false};
  std::atomic<int> writing{0};
};

sys::PerProcess<Writers> writers;

class Writing {
 public:
  Writing() : writers_(writers.Get()) { ++writers_.writing; }
  ~Writing() { --writers_.writing; }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;
  bool allowed() const { return !writers_.exiting; }

 private:
  Writers& writers_;
};

// Without a lock, since exit() may be called anywhere.
void AwaitWriters() {
  Writers* const ours = writers.IfMade();
  if (ours == nullptr) return;  // a forked child
  ours->exiting = true;
  const auto latest = std::chrono::steady_clock::now() + kLongestWrite;
  while (ours->writing > 0 && std::chrono::steady_clock::now() < latest) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
}

void RegisterAwaitWriters() {
  writers.Get();  // else an exit before the first answer leaves nothing for that one to see
  static std::atomic<bool> registered{false};
  if (!registered.exchange(true)) std::atexit(AwaitWriters);
}

// Reads from one string and writes to another. Newer versions of httplib have more pure virtual
// functions in Stream; all of them are defined here, hence no `override`.
// NOLINTBEGIN(modernize-use-override)
class StringStream : public httplib::Stream {
 public:
  explicit StringStream(std::string_view in) : in_(in) {}

  bool is_readable() const { return !in_.empty(); }
  bool is_writable() const { return true; }
  bool wait_readable() const { return !in_.empty(); }
  bool wait_writable() const { return true; }
  bool is_peer_alive() const { return true; }
  ssize_t read(char* data, size_t size) {
    const size_t taken = std::min(size, in_.size());
    std::memcpy(data, in_.data(), taken);
    in_.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* data, size_t size) {
    out_.append(data, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const { Nowhere(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const { Nowhere(ip, port); }
  int socket() const { return -1; }
  time_t duration() const { return 0; }

  std::string TakeOutput() { return std::move(out_); }

 private:
  static void Nowhere(std::string& ip, int& port) {
    ip.clear();
    port = 0;
  }

  std::string_view in_;
  std::string out_;
};
// NOLINTEND(modernize-use-override)

void ToHttplib(const Answer& from, bool head_only, httplib::Response& to) {
  to.status = from.status;
  std::string type = kPlainText;
  for (const auto& [name, value] : from.headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      to.set_header(name, value);
    }
  }
  if (!head_only && from.profile == nullptr) {
    to.body = from.body;
    to.set_header("Content-Type", type);
    return;
  }
  to.set_header("Accept-Ranges", "none");
  if (!head_only && from.profile->size() > 0) {
    to.set_content_provider(from.profile->size(), type,
                            [](size_t, size_t, httplib::DataSink&) { return false; });
    return;
  }
  // Without a length: the answer to HEAD must not promise a body of 0 bytes.
  to.set_chunked_content_provider(type, [](size_t, httplib::DataSink& sink) {
    sink.done();
    return true;
  });
}

}  // namespace

class AnswerWriter::Impl : public httplib::Server {
 public:
  Impl() {
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& to) {
      ToHttplib(*answer_, head_only_, to);
      return HandlerResponse::Handled;
    });
  }

  std::string Write(const Answer& answer, bool head_only) {
    answer_ = &answer;
    head_only_ = head_only;
    StringStream stream(head_only || answer.profile != nullptr ? "HEAD / HTTP/1.1\r\n\r\n"
                                                               : "GET / HTTP/1.1\r\n\r\n");
    bool closed = false;
    const auto setup = [](httplib::Request&) {};
#if PPROF_HTTPLIB_PROCESS_REQUEST_ARGUMENTS == 4
    process_request(stream, true, closed, setup);
#elif PPROF_HTTPLIB_PROCESS_REQUEST_ARGUMENTS == 8
    process_request(stream, "", 0, "", 0, true, closed, setup);
#else
    process_request(stream, "", 0, "", 0, true, closed, setup, nullptr);
#endif
    return stream.TakeOutput();
  }

 private:
  const Answer* answer_ = nullptr;  // of the current call of Write
  bool head_only_ = false;
};

AnswerWriter::AnswerWriter() {
  const KeepSigpipe keep;
  impl_ = std::make_unique<Impl>();
  // httplib initializes statics at its first request. Do it in the caller's thread, before others
  // exist: a fork during a worker's first request would leave their guards locked in the child.
  for (const bool head_only : {false, true}) {
    static_cast<void>(impl_->Write(Answer(), head_only));
  }
  RegisterAwaitWriters();  // after the statics, so that it runs before they are destroyed
}

AnswerWriter::~AnswerWriter() = default;
AnswerWriter::AnswerWriter(AnswerWriter&&) noexcept = default;

std::string AnswerWriter::Write(const Answer& answer, bool head_only) {
  const Writing this_call;
  return this_call.allowed() ? impl_->Write(answer, head_only) : std::string();
}

}  // namespace pprof::http
