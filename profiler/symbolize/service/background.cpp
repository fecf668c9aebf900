#include "profiler/symbolize/service/background.h"

#include <chrono>
#include <cstdlib>
#include <new>
#include <thread>
#include <utility>

#include "profiler/sys/thread/own_descriptors.h"
#include "profiler/sys/thread/own_thread.h"

namespace pprof::symbolize {
namespace {

// A higher value would delay the work past the next request on a busy machine: nice 10 takes ten
// times as long, SCHED_IDLE forever.
constexpr int kNicer = 5;
constexpr std::chrono::milliseconds kLongestWaitAtExit{1000};

void Finish(SharedState& shared, const BackgroundJob& job, const std::string& debug_root) {
  BatchLimits limits;
  limits.cancelled = [&shared] { return shared.exiting.load(); };
  limits.debug_root = debug_root;
  EngineAnswers found(shared, job.offsets.size());
  const BatchOutcome outcome = ResolveBatch(job.module, job.offsets, limits, found);
  // Also stores results after the one-minute limit: otherwise every request would start over.
  if (!shared.exiting) found.Remember(job.module, job.offsets, outcome.has_names);
}

void Run(SharedState& shared, const std::vector<BackgroundJob>& jobs,
         const std::string& debug_root) {
  sys::UnshareDescriptors();
  sys::LowerOwnPriority(kNicer);
  try {
    for (const BackgroundJob& job : jobs) {
      if (!shared.exiting) Finish(shared, job, debug_root);
    }
  } catch (const std::bad_alloc&) {
    // The next request tries again.
  }
  shared.background_runs = false;
}

// Lock-free: exit() may be called from anywhere, also in a forked child, which has its own state.
void StopAtExit() {
  SharedState* const shared = SharedState::IfMade();
  if (shared == nullptr) return;
  shared->exiting = true;
  const auto end = std::chrono::steady_clock::now() + kLongestWaitAtExit;
  while (shared->background_runs && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void RegisterStopAtExit() {
  static std::atomic<bool> registered{false};
  if (!registered.exchange(true)) std::atexit(StopAtExit);
}

}  // namespace

void FinishInBackground(std::vector<BackgroundJob> jobs, const std::string& debug_root) {
  SharedState& shared = SharedState::OfThisProcess();
  if (jobs.empty() || shared.exiting || shared.background_runs.exchange(true)) return;
  RegisterStopAtExit();
  sys::OwnThread thread;
  try {
    thread = sys::OwnThread::Start("pprof-symbols", [&shared, jobs = std::move(jobs), debug_root] {
      Run(shared, jobs, debug_root);
    });
  } catch (const std::bad_alloc&) {
    // As without a thread: the next request tries again.
  }
  if (!thread.running()) shared.background_runs = false;
  thread.Detach();
}

}  // namespace pprof::symbolize
