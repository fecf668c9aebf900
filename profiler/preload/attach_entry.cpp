// The door for `pprof-cpp attach`: it loads this library into a program that runs, calls the
// function, and reads how the start went from the memory that it returns.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <string>

#include "pprof/http.h"
#include "pprof/own_threads.h"

namespace {

// command/verbs/attach.cpp reads the same layout.
struct AttachReport {
  std::atomic<int32_t> state{0};  // 1: listens, 2: see the text
  char text[508] = "";
};

AttachReport report;

void Finish(int32_t state, const std::string& text) {
  const size_t length = std::min(text.size(), sizeof report.text - 1);
  std::copy_n(text.data(), length, report.text);
  report.state.store(state, std::memory_order_release);
}

void Serve(const std::string& address) {
  try {
    auto options = pprof::http::Options::FromEnvironment();
    if (!options.ok()) return Finish(2, options.status().message());
    options.value().address = address;
    auto server = pprof::http::Server::Start(options.value());
    if (!server.ok()) return Finish(2, server.status().message());
    const auto* const kept = new pprof::http::Server(std::move(server.value()));
    Finish(1, kept->address());
  } catch (const std::exception& error) {
    Finish(2, error.what());
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
      Finish(2, thread.status().message());
    }
  } catch (const std::exception& error) {
    Finish(2, error.what());
  }
  return &report;
}
