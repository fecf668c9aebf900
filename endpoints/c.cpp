#include "pprof/c.h"

#include <chrono>
#include <exception>
#include <fstream>
#include <new>
#include <string>
#include <thread>
#include <utility>

#include "pprof/http.h"
#include "pprof/labels.h"
#include "pprof/pprof.h"
#include "pprof/recording.h"
#include "profiler/sys/thread/mutex.h"

struct pprof_label {
  pprof::ScopedLabels scope;
};

namespace {

using pprof::Result;
using pprof::Snapshot;
using pprof::Status;
using pprof::StatusCode;

thread_local std::string last_error;

pprof::sys::Mutex server_mutex;
// Not an object: its destructor would run at exit.
pprof::http::Server* the_server PPROF_GUARDED_BY(server_mutex) = nullptr;

// No exception may reach C.
template <class Body>
int Report(Body body) {
  try {
    const Status status = body();
    if (!status.ok()) last_error = status.message();
    return status.ok() ? 0 : -1;
  } catch (const std::exception& error) {
    last_error = error.what();
    return -1;
  }
}

Status Start(const char* address) {
  const pprof::sys::MutexLock lock(server_mutex);
  if (the_server != nullptr) return {StatusCode::kConflict, "pprof_start: the server runs already"};
  Result<pprof::http::Options> options = pprof::http::Options::FromEnvironment();
  if (!options.ok()) return options.status();
  if (address != nullptr) options.value().address = address;
  Result<pprof::http::Server> server = pprof::http::Server::Start(options.value());
  if (!server.ok()) return server.status();
  the_server = new pprof::http::Server(std::move(server).value());
  return {};
}

Result<Snapshot> Take(const char* profile, std::chrono::seconds seconds) {
  const pprof::ProfileType* type = pprof::FindProfileType(profile);
  if (type != nullptr && type->record) {
    Result<pprof::Recording> recording = pprof::Recording::Start(profile);
    if (!recording.ok()) return recording.status();
    std::this_thread::sleep_for(seconds);
    return std::move(recording).value().Stop();
  }
  Result<Snapshot> before = pprof::Collect(profile);
  if (!before.ok() || seconds.count() <= 0) return before;
  std::this_thread::sleep_for(seconds);
  const Result<Snapshot> after = pprof::Collect(profile);
  return after.ok() ? after.value().Since(before.value()) : after;
}

Status WriteToFile(const Snapshot& snapshot, const char* path) {
  std::ofstream file(path, std::ios::binary);
  if (!file) return {StatusCode::kInvalidArgument, std::string("cannot write ") + path};
  return snapshot.WriteTo(file);
}

}  // namespace

const char* pprof_error() { return last_error.c_str(); }

int pprof_start(const char* address) {
  return Report([=] { return Start(address); });
}

void pprof_stop() {
  const pprof::sys::MutexLock lock(server_mutex);
  delete the_server;
  the_server = nullptr;
}

int pprof_collect(const char* profile, int seconds, const char* path) {
  return Report([=] {
    const Result<Snapshot> snapshot = Take(profile, std::chrono::seconds(seconds));
    return snapshot.ok() ? WriteToFile(snapshot.value(), path) : snapshot.status();
  });
}

struct pprof_label* pprof_push_label(const char* key, const char* value) {
  try {
    return new pprof_label{pprof::ScopedLabels({{key, value}})};
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void pprof_pop_label(struct pprof_label* label) { delete label; }
