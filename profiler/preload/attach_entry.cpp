// The door for `pprof-cpp attach`: it loads this library into a program that runs, calls the
// function, and reads how the start went from the memory that it returns.
#include <algorithm>
#include <atomic>
#include <exception>
#include <string>

#include "pprof/http.h"
#include "pprof/own_threads.h"
#include "profiler/preload/attach_report.h"

namespace {

using pprof::preload::AttachReport;
using pprof::preload::AttachState;
using pprof::preload::kFailed;
using pprof::preload::kListens;

AttachReport report;

void Finish(AttachState state, const std::string& text) {
  const size_t length = std::min(text.size(), sizeof report.text - 1);
  std::copy_n(text.data(), length, report.text);
  __atomic_store_n(&report.state, state, __ATOMIC_RELEASE);
}

void Serve(const std::string& address) {
  try {
    auto options = pprof::http::Options::FromEnvironment();
    if (!options.ok()) return Finish(kFailed, options.status().message());
    options.value().address = address;
    auto server = pprof::http::Server::Start(options.value());
    if (!server.ok()) return Finish(kFailed, server.status().message());
    const auto* const kept = new pprof::http::Server(std::move(server.value()));
    Finish(kListens, kept->address());
  } catch (const std::exception& error) {
    Finish(kFailed, error.what());
  }
}

}  // namespace

// Returns at once: the calling thread is a stopped one of the program. A second call changes
// nothing. Ownership: the library's. Not async-signal-safe: starts a thread.
extern "C" __attribute__((visibility("default"))) const void* pprof_cpp_attach(
    const char* address) noexcept {
  static std::atomic<bool> called{false};
  if (called.exchange(true)) return &report;
  try {
    auto thread =
        pprof::OwnThread::Start("pprof-attach", [at = std::string(address)] { Serve(at); });
    if (thread.ok()) {
      new pprof::OwnThread(std::move(thread.value()));  // never joined: the thread ends by itself
    } else {
      Finish(kFailed, thread.status().message());
    }
  } catch (const std::exception& error) {
    Finish(kFailed, error.what());
  }
  return &report;
}
