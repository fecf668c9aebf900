#include "endpoints/door/httplib_server.h"

#include <httplib.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <utility>

#include "endpoints/handlers/answers.h"

namespace pprof::http {
namespace {

// The constructor of httplib::Server ignores SIGPIPE for the whole process; that is the program's
// business. We write with MSG_NOSIGNAL.
class KeepSigpipe {
 public:
  KeepSigpipe() { sigaction(SIGPIPE, nullptr, &saved_); }
  ~KeepSigpipe() { sigaction(SIGPIPE, &saved_, nullptr); }

 private:
  struct sigaction saved_ {};
};

// Reads from one string and writes to another. Newer versions of httplib have more pure virtual
// functions in Stream; all of them are here, hence no `override`.
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

// httplib's hook has no room for an argument of ours; one request is on a thread at a time.
struct Job {
  const std::function<Response(Request)>* handler;
  int status = 0;  // 0: the handler has not been asked
};
thread_local Job* current_job = nullptr;

Request FromHttplib(const httplib::Request& from) {
  Request request;
  request.method = from.method;
  const size_t question = from.target.find('?');
  request.path = from.target.substr(0, question);
  if (question != std::string::npos) request.query = from.target.substr(question + 1);
  request.headers.insert(from.headers.begin(), from.headers.end());
  return request;
}

void ToHttplib(Response from, const std::string& method, httplib::Response& to) {
  to.status = from.status;
  std::string type = kPlainText;
  for (auto& [name, value] : from.headers) {
    if (name == "Content-Type") {
      type = value;
    } else {
      to.set_header(name, value);
    }
  }
  if (method != "HEAD") {
    to.body = std::move(from.body);
    to.set_header("Content-Type", type);
    return;
  }
  // Without a length: the answer to HEAD must not promise a body of 0 bytes.
  to.set_header("Accept-Ranges", "none");
  to.set_chunked_content_provider(type, [](size_t, httplib::DataSink& sink) {
    sink.done();
    return true;
  });
}

httplib::Server::HandlerResponse OnRequest(const httplib::Request& request,
                                           httplib::Response& response) {
  Response answer = (*current_job->handler)(FromHttplib(request));
  current_job->status = answer.status;
  ToHttplib(std::move(answer), request.method, response);
  return httplib::Server::HandlerResponse::Handled;
}

}  // namespace

class HttplibServer::Impl : public httplib::Server {
 public:
  Impl() { set_pre_routing_handler(OnRequest); }

  void Process(StringStream& stream) {
    // Bodies are compressed already, or small: httplib is not to try brotli on them.
    const auto setup = [](httplib::Request& request) { request.headers.erase("Accept-Encoding"); };
    bool closed = false;
#if PPROF_HTTPLIB_PROCESS_REQUEST_ARGUMENTS == 4
    process_request(stream, true, closed, setup);
#elif PPROF_HTTPLIB_PROCESS_REQUEST_ARGUMENTS == 8
    process_request(stream, "", 0, "", 0, true, closed, setup);
#else
    process_request(stream, "", 0, "", 0, true, closed, setup, nullptr);
#endif
  }
};

HttplibServer::HttplibServer() {
  const KeepSigpipe keep;
  impl_ = std::make_unique<Impl>();
  // httplib makes statics at its first request. In the caller's thread, before there are others: a
  // fork during a worker's first request would leave their guards locked in the child.
  static_cast<void>(Answer("GET / HTTP/1.1\r\n\r\n", [](const Request&) { return Response(); }));
}

HttplibServer::~HttplibServer() = default;

AnswerBytes HttplibServer::Answer(std::string_view head,
                                  const std::function<Response(Request)>& handler) const {
  StringStream stream(head);
  Job job{&handler};
  current_job = &job;
  impl_->Process(stream);
  current_job = nullptr;
  if (job.status != 0) return {job.status, stream.TakeOutput()};
  // httplib was stricter than the gate and asked nobody; its own words lack our headers.
  Response refused = ErrorAnswer(400, "the request cannot be parsed");
  AddSecurityHeaders(refused);
  return {refused.status, Serialize(refused, true)};
}

}  // namespace pprof::http
