#include "demo_app/service.h"

#include <fmt/format.h>
#include <httplib.h>
#include <pprof/labels.h>

#include <atomic>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "demo_app/address.h"
#include "demo_app/connection_queue.h"
#include "demo_app/connections.h"
#include "demo_app/debug_mount.h"
#include "demo_app/memory.h"
#include "demo_app/requests/audit.h"
#include "demo_app/requests/auth.h"
#include "demo_app/requests/orders.h"
#include "demo_app/requests/request_context.h"

namespace {

// A kept-alive connection occupies its thread: more threads than a load generator has connections,
// so that /stats is answered under load.
constexpr size_t kThreads = 32;
constexpr size_t kRequestsPerConnection = 100000;
constexpr time_t kIdleSeconds = 5;

std::atomic<uint64_t> g_requests{0};  // orders requested

// The request for the middleware. httplib's own request is on its thread's stack, so its address is
// reused after the answer.
RequestPtr CopyToHeap(const httplib::Request& http_request) {
  auto request = std::make_shared<Request>();
  request->method = http_request.method;
  request->path = http_request.path;
  request->authorization = http_request.get_header_value("Authorization");
  return request;
}

void Answer(httplib::Response& response, int status, const std::string& body,
            const char* type = "text/plain; charset=utf-8") {
  response.status = status;
  response.set_content(body, type);
}

// Every request runs under the label of its route: `pprof -tags` of any profile, including heap,
// then shows memory by route.
const pprof::LabelSet& LabelsOf(const std::string& path) {
  static const pprof::LabelSet orders{{"route", "/orders"}};
  static const pprof::LabelSet stats{{"route", "/stats"}};
  static const pprof::LabelSet health{{"route", "/healthz"}};
  static const pprof::LabelSet other{{"route", "other"}};
  if (orders::IdOf(path)) return orders;
  return path == "/stats" ? stats : path == "/healthz" ? health : other;
}

void Configure(httplib::Server& server) {
  server.new_task_queue = [] { return new ConnectionQueue(kThreads); };
  server.set_keep_alive_max_count(kRequestsPerConnection);
  server.set_keep_alive_timeout(kIdleSeconds);
  // Without it Nagle's algorithm and delayed acknowledgements add 40 ms to every answer.
  server.set_tcp_nodelay(true);
  // httplib's default is SO_REUSEPORT, which lets a second instance bind the same port and receive
  // half of the connections.
  server.set_socket_options([](socket_t socket) {
    const int on = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  });
}

}  // namespace

Service::Service(Fix fix, Leak leak, bool debug_mount)
    : fix_(fix),
      leak_(leak),
      debug_mount_(debug_mount),
      server_(std::make_unique<httplib::Server>()) {
  Configure(*server_);
  // Dispatched here by string comparison: httplib's own routes are regular expressions.
  server_->set_pre_routing_handler(
      [this](const httplib::Request& http_request, httplib::Response& response) {
        Route(http_request, response);
        return httplib::Server::HandlerResponse::Handled;
      });
}

Service::~Service() { Stop(); }

std::string Service::Start(const std::string& address) {
  const auto parsed = ParseAddress(address);
  if (!parsed) return fmt::format("'{}' is not HOST:PORT", address);
  errno = 0;
  const int bound = parsed->port == 0 ? server_->bind_to_any_port(parsed->host)
                    : server_->bind_to_port(parsed->host, parsed->port) ? parsed->port
                                                                        : -1;
  if (bound < 0) {
    return fmt::format("cannot listen on {}: {}", address,
                       errno != 0 ? std::generic_category().message(errno) : "no such host");
  }
  port_ = static_cast<uint16_t>(bound);
  listener_ = std::thread([this] { server_->listen_after_bind(); });
  while (!server_->is_running()) std::this_thread::yield();  // stop() has no effect before that
  return "";
}

void Service::Stop() {
  if (!listener_.joinable()) return;
  server_->stop();
  ShutDownConnections(port_);  // otherwise idle ones would occupy their threads for kIdleSeconds
  listener_.join();
}

void Service::Route(const httplib::Request& http_request, httplib::Response& response) {
  if (debug_mount_ && IsDebugPath(http_request)) return ServeDebug(http_request, response);
  const pprof::ScopedLabels labels(LabelsOf(http_request.path));
  if (http_request.method != "GET" && http_request.method != "HEAD") {
    Answer(response, 405, "only GET\n");
  } else if (http_request.path == "/healthz") {
    Answer(response, 200, "ok\n");
  } else if (http_request.path == "/stats") {
    Answer(response, 200, Stats(), "application/json");
  } else if (orders::IdOf(http_request.path)) {
    ServeOrder(http_request, response);
  } else {
    Answer(response, 404, "try /orders/17, /stats or /healthz\n");
  }
}

void Service::ServeOrder(const httplib::Request& http_request, httplib::Response& response) {
  g_requests.fetch_add(1, std::memory_order_relaxed);
  reqctx::Handler show = [&response](const RequestPtr& request) {
    Answer(response, 200, orders::Show(request), "application/json");
  };
  reqctx::Handler handler = [&show](const RequestPtr& request) {
    auth::Authenticate(request, show);
  };
  const bool clear = fix_ == Fix::kClear || leak_ == Leak::kLost;
  if (clear) handler = reqctx::ClearHandler(std::move(handler));
  const RequestPtr request = CopyToHeap(http_request);
  if (leak_ == Leak::kLost) audit::Record(request);
  handler(request);
}

std::string Service::Stats() const {
  const std::chrono::duration<double> uptime = std::chrono::steady_clock::now() - start_;
  return nlohmann::ordered_json{{"requests", g_requests.load(std::memory_order_relaxed)},
                                {"context_entries", reqctx::Count()},
                                {"resident_bytes", memory::ResidentBytes()},
                                {"heap_in_use_bytes", memory::HeapInUseBytes()},
                                {"uptime_seconds", uptime.count()}}
             .dump() +
         "\n";
}
