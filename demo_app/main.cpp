// demo_app: an order service whose middleware forgets to clear its request context.
//
//   demo_app --debug &
//   wget -O heap.pb.gz http://127.0.0.1:6060/debug/pprof/heap && go tool pprof -top heap.pb.gz
#include <fmt/format.h>
#include <pprof/http.h>
#include <signal.h>

#include <cstdio>
#include <optional>

#include "demo_app/options.h"
#include "demo_app/purger.h"
#include "demo_app/service.h"

namespace {

int Fail(const std::string& sentence) {
  fmt::print(stderr, "demo_app: {}\n", sentence);
  return 1;
}

// Blocked before the first thread starts, so that all threads inherit it and only sigwait()
// receives them.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

int main(int argc, char** argv) {
  const ParsedOptions parsed = ParseOptions(argc, argv);
  if (!parsed.run) return parsed.exit_code;
  const Options& options = parsed.options;
  const sigset_t stop_signals = BlockStopSignals();

  std::optional<pprof::http::Server> profiles;
  if (options.debug) {
    auto debug = pprof::http::Options::FromEnvironment();
    if (!debug.ok()) return Fail(debug.status().message());
    if (!options.debug_listen.empty()) debug.value().address = options.debug_listen;
    auto started = pprof::http::Server::Start(debug.value());
    if (!started.ok()) return Fail(started.status().message());
    // NOLINTNEXTLINE(performance-move-const-arg): a Server can only be moved
    profiles.emplace(std::move(started).value());
  }

  Service service(options.fix, options.leak, options.debug_mount);
  const std::string error = service.Start(options.listen);
  if (!error.empty()) return Fail(error);
  std::optional<Purger> purger;
  if (options.fix == Fix::kPurge) purger.emplace(options.purge_max_age, options.purge_interval);

  fmt::print("orders at http://127.0.0.1:{}/orders/17\n", service.port());
  if (profiles && profiles->port() != 0) {
    fmt::print("profiles at http://{}/debug/pprof/\n", profiles->address());
  } else if (profiles) {
    fmt::print("profiles at {}\n", profiles->address());
  }
  std::fflush(stdout);

  int signal_number = 0;
  sigwait(&stop_signals, &signal_number);
  service.Stop();
  return 0;
}
