#include "endpoints/door/chores.h"

#include "endpoints/door/last_thread.h"
#include "profiler/monitoring/history.h"

namespace pprof::http {
namespace {

// How often to look whether the main thread has ended, and then whether the profiler is alone. No
// descriptor tells: a pidfd of the main thread waits for all others.
constexpr std::chrono::milliseconds kLookForMainThread{15000};
constexpr std::chrono::milliseconds kLookForThreads{100};

}  // namespace

Chores::Chores(bool keeps_history) {
  if (!keeps_history) return;
  usage_.emplace();
  take_reading_ = Clock::now();
}

void Chores::Run() {
  const auto now = Clock::now();
  if (now >= look_at_threads_) LookAtThreads();
  if (now >= take_reading_) TakeReading();
}

void Chores::LookAtThreads() {
  const bool main_ended = MainThreadHasEnded();
  look_at_threads_ = Clock::now() + (main_ended ? kLookForThreads : kLookForMainThread);
  times_alone_ = main_ended && OnlyOurThreadsAreLeft() ? times_alone_ + 1 : 0;
}

bool Chores::program_has_ended() const {
  constexpr int kSure = 2;
  return times_alone_ >= kSure;
}

// Several servers share the history of the process: each asks when the next reading is due.
void Chores::TakeReading() {
  const std::chrono::nanoseconds left(monitoring::History::Instance().TakeIfDue(&*usage_));
  take_reading_ = Clock::now() + left;
}

}  // namespace pprof::http
