// Implementation of pprof/http.h.
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "endpoints/answers/answers.h"
#include "endpoints/door/admission.h"
#include "endpoints/door/connection_gate.h"
#include "endpoints/door/host_rule.h"
#include "endpoints/handlers/metrics_handler.h"
#include "endpoints/handlers/router.h"
#include "endpoints/options.h"
#include "endpoints/symbol_warmer.h"
#include "pprof/http.h"
#include "pprof/watch.h"
#include "profiler/monitoring/history.h"
#include "profiler/sys/process/process.h"

namespace pprof::http {
namespace {

// Shared by all calls of Handle(). Not a function-local static: a fork while another thread
// initializes it would leave its guard locked in the child.
RefusalCounters handle_refusals;
RequestCounters handle_requests;
TokenBucket handle_dumps{Options().dumps_per_second, Options().dump_burst};
TokenBucket handle_lookups{Options().dumps_per_second, Options().dump_burst};

std::optional<Refused> AdmitHandled(const Request& request, const Options& options) {
  const RequestHead head = HeadOf(request);
  const std::string* host = head.Find("host");
  if (!options.allowed_hosts.empty() && options.token.empty() &&
      (host == nullptr || !IsAllowedHost(*host, options.allowed_hosts))) {
    return Refused{421, Refusal::kHost, "the Host header is not one of Options::allowed_hosts", "",
                   ""};
  }
  return AdmitClient(head, options);
}

Response Turned(const Refused& refused) {
  handle_refusals.Count(refused.cause);
  Response response = ErrorAnswer(refused.status, refused.text);
  if (!refused.header.empty()) response.headers.emplace(refused.header, refused.header_value);
  AddSecurityHeaders(response);
  return response;
}

Response Whole(Answer answer) {
  std::string part;
  while (answer.profile != nullptr && answer.profile->Take(part)) answer.body += part;
  return static_cast<Response&&>(answer);
}

// `options` have the token itself, not the name of its file.
Response Admitted(const Request& request, const Options& options) {
  if (const auto refused = AdmitHandled(request, options)) return Turned(*refused);
  return Whole(Route(request, Context{options, handle_refusals, handle_requests, handle_dumps,
                                      handle_lookups, nullptr}));
}

void Say(const Options& options, const std::string& sentence) {
  if (options.say) return options.say(sentence);
  std::fprintf(stderr, "pprof-cpp: %s\n", sentence.c_str());
}

// Nothing where another server of the process watches it.
Status StartWatch(const Options& options, std::optional<Watch>* watch) {
  if (options.watch.empty()) return {};
  const auto parsed = WatchOptions::Parse(options.watch);
  if (!parsed.ok()) return parsed.status();
  auto started = Watch::Start(parsed.value());
  if (started.status().code() == StatusCode::kConflict) return {};
  if (!started.ok()) return started.status();
  watch->emplace(std::move(started).value());
  for (const std::string& sentence : (*watch)->last_deaths()) Say(options, sentence);
  return {};
}

Response Checked(const Request& request, const Options& options) {
  if (options.token_file.empty() || !options.token.empty()) return Admitted(request, options);
  auto with_token = CheckedOptions(options, ListenAddress{"", "127.0.0.1", 0});
  if (!with_token.ok()) {
    return Turned({500, Refusal::kUnauthorized, with_token.status().message(), "", ""});
  }
  return Admitted(request, with_token.value());
}

}  // namespace

Response Handle(const Request& request, const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  Response response = Checked(request, options);
  handle_requests.Count(RequestLabel(request.path), response.status, response.body.size(),
                        std::chrono::steady_clock::now() - begin);
  return response;
}

class Server::Impl {
 public:
  Impl(Listener listener, const Options& options) : gate(std::move(listener), options) {}
  const uint32_t process = sys::ProcessGeneration();
  ConnectionGate gate;
  SymbolWarmer warmer;
  std::optional<Watch> watch;
};

// In a forked child the threads do not exist, and locks that they held are never released.
void Server::Stop::operator()(Impl* impl) const {
  if (impl->process == sys::ProcessGeneration()) delete impl;
}

Result<Server> Server::Start(const Options& options) {
  auto address = ParseListenAddress(options.address);
  if (!address.ok()) return address.status();
  auto checked = CheckedOptions(options, address.value());
  if (!checked.ok()) return checked.status();
  auto listener = Listener::Bind(address.value());
  if (!listener.ok()) return listener.status();
  std::unique_ptr<Impl, Stop> impl(new Impl(std::move(listener).value(), checked.value()));
  if (options.history) monitoring::History::Instance().Prepare();
  if (const Status started = impl->gate.Start(); !started.ok()) return started;
  if (options.history) {
    monitoring::History::Instance().Mark(monitoring::MarkKind::kStart,
                                         impl->gate.listener().text());
  }
  if (options.warm_symbols_every.count() > 0) {
    const Status started = impl->warmer.Start(options.warm_symbols_every);
    if (!started.ok()) return started;
  }
  if (const Status watched = StartWatch(options, &impl->watch); !watched.ok()) return watched;
  return Server(std::move(impl));
}

Server::Server(std::unique_ptr<Impl, Stop> impl) : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

uint16_t Server::port() const { return impl_->gate.listener().port(); }
std::string Server::address() const { return impl_->gate.listener().text(); }
std::map<std::string, uint64_t> Server::refused() const { return impl_->gate.refusals().Read(); }

}  // namespace pprof::http
