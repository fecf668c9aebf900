// pprof-cpp attach: makes a running process load the library and start its server.
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "command/attach/loader.h"
#include "command/attach/remote_program.h"
#include "command/attach/tracee.h"
#include "command/failure.h"
#include "command/processes/answering.h"
#include "command/processes/library_file.h"
#include "command/processes/target.h"
#include "command/verb.h"
#include "profiler/preload/attach_report.h"

namespace pprof::command {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kStartPatience{10};

// A tracer that is killed in the middle of a call would take the program with it.
class UninterruptedBySignals {
 public:
  UninterruptedBySignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~UninterruptedBySignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  UninterruptedBySignals(const UninterruptedBySignals&) = delete;
  UninterruptedBySignals& operator=(const UninterruptedBySignals&) = delete;

 private:
  sigset_t before_{};
};

std::string AwaitServer(pid_t pid, uint64_t address) {
  preload::AttachReport report;
  const auto end = steady_clock::now() + kStartPatience;
  while (report.state == preload::kStarting && steady_clock::now() < end) {
    std::this_thread::sleep_for(milliseconds(2));
    if (ReadMemory(pid, address, &report, sizeof report) == 0) {
      throw Failure("the process ended while its server started");
    }
  }
  report.text[sizeof report.text - 1] = '\0';
  if (report.state == preload::kListens) return report.text;
  throw Failure(report.state == preload::kFailed
                    ? std::string("the library is in the process, and does not listen: ") +
                          report.text
                    : "the library is in the process, and its server did not start within 10 s");
}

}  // namespace

int Attach(const Words& words) {
  const Process process = FindProcess(words.names[0]);
  if (const auto address = WhereItAnswers(process)) {
    throw Failure(process.name + " answers already at " + address->Text());
  }
  const RemoteProgram program(process.pid);
  RequireAttachable(process, program);
  const std::string library = LibraryFolder() + "/" + kLibrary;
  uint64_t report = 0;
  steady_clock::time_point begin;
  {
    const UninterruptedBySignals uninterrupted;
    Loader loader(process, program);
    begin = loader.stopped_at();
    report =
        loader.LoadAndCall(library, "pprof_cpp_attach", words.Value("listen").value_or("unix"));
  }
  const auto stopped = std::chrono::duration<double, std::milli>(steady_clock::now() - begin);
  const std::string address = AwaitServer(process.pid, report);
  std::printf("%s (%d) answers at %s; one of its threads stood still for %.0f ms\n",
              process.name.c_str(), process.pid, address.c_str(), stopped.count());
  return 0;
}

}  // namespace pprof::command
