#include "profiler/profiles/threads/signalled_stacks.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "profiler/sys/process/denial.h"
#include "profiler/sys/process/environment.h"
#include "profiler/sys/process/per_process.h"
#include "profiler/sys/thread/futex.h"
#include "profiler/sys/thread/mutex.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/thread_signal.h"

namespace pprof::profiles {
namespace {

using signal_safe::dump_progress;
using signal_safe::dump_slots;
using signal_safe::DumpSlot;
using signal_safe::kDumpSlots;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kDeadline{100};
// A running thread answers in microseconds. A thread that has not answered after this time is
// checked: it may have ended, or block the signal.
constexpr std::chrono::milliseconds kPatience{5};

// One dump owns the slots at a time.
struct SlotsOwner {
  sys::Mutex mutex;
  int real_time_signal PPROF_GUARDED_BY(mutex) = 0;
};

sys::PerProcess<SlotsOwner> slots_owner;

bool TakeSignal(int signal) {
  if (signal <= 0) return false;
  switch (sys::OwnerOfSignal(signal, signal_safe::OnDumpSignal)) {
    case sys::SignalOwner::kOurs:
      return true;
    case sys::SignalOwner::kDefault:
      return !sys::IsBlockedOnPurpose(signal) &&
             sys::InstallHandler(signal, signal_safe::OnDumpSignal);
    default:
      return false;
  }
}

// SIGURG unless the program handles or waits for it: it is ignored by default, so that a late one
// (e.g. after exec) does no harm, and debuggers do not report it. Otherwise a free real-time
// signal.
int DumpSignal(int* real_time) {
  if (const char* wanted = sys::FindEnvironment("PPROF_CPP_DUMP_SIGNAL")) {
    const int signal = std::atoi(wanted);
    return TakeSignal(signal) ? signal : 0;
  }
  if (TakeSignal(sys::UrgentSignal())) return sys::UrgentSignal();
  if (!TakeSignal(*real_time)) *real_time = sys::FreeRealTimeSignal();
  return TakeSignal(*real_time) ? *real_time : 0;
}

std::string NotSent(int error) {
  return error == ESRCH ? "ended meanwhile" : "runs; " + sys::DenialText("tgkill", error);
}

class Collection {
 public:
  Collection(int signal, const std::vector<int32_t>& tids, const SignalledVisitor& visit)
      : signal_(signal), tids_(tids), visit_(visit) {}

  void Run() {
    const auto deadline = Clock::now() + kDeadline;
    while (next_ < tids_.size() || in_flight_ > 0) {
      const uint32_t progress = dump_progress.load(std::memory_order_acquire);
      const bool collected = Collect();
      const bool sent = Send();
      const auto left = deadline - Clock::now();
      if (left.count() <= 0) return GiveUp();
      if (collected || sent) continue;
      sys::FutexWait(&dump_progress, progress, std::min<Clock::duration>(left, kPatience));
      if (dump_progress.load(std::memory_order_acquire) == progress) WithdrawHopeless();
    }
  }

 private:
  // Reads finished slots; true if there were any.
  bool Collect() {
    bool any = false;
    for (DumpSlot& slot : dump_slots) {
      const uint32_t state = slot.state.load(std::memory_order_acquire);
      if (DumpSlot::PhaseOf(state) != DumpSlot::kDone) continue;
      if (IsMine(slot)) {
        visit_(slot.tid.load(std::memory_order_relaxed), &slot, {});
        --in_flight_;
      }
      // Otherwise an earlier dump gave up on a thread that has now finished writing.
      slot.tid.store(0, std::memory_order_relaxed);
      slot.state.store(DumpSlot::NextRequest(state), std::memory_order_release);
      any = true;
    }
    return any;
  }

  // The next thread that takes the signal, or 0. In one that blocks it, it would stay pending, for
  // a sigwaitinfo or signalfd of the program to find.
  int32_t NextToSignal() {
    while (next_ < tids_.size()) {
      const int32_t tid = tids_[next_++];
      if (!sys::ThreadBlocksSignal(tid, signal_)) return tid;
      visit_(tid, nullptr, "runs and blocks signal " + std::to_string(signal_));
    }
    return 0;
  }

  bool Send() {
    bool any = false;
    for (size_t i = 0; i < kDumpSlots && next_ < tids_.size(); ++i) {
      DumpSlot& slot = dump_slots[i];
      const uint32_t state = slot.state.load(std::memory_order_acquire);
      if (DumpSlot::PhaseOf(state) != DumpSlot::kFree) continue;
      const int32_t tid = NextToSignal();
      any = true;
      if (tid == 0) break;
      mine_[i] = true;
      slot.tid.store(tid, std::memory_order_relaxed);
      slot.state.store(DumpSlot::NextRequest(state) | DumpSlot::kAsked, std::memory_order_release);
      ++in_flight_;
      if (const int error = sys::SignalThread(tid, signal_)) Withdraw(slot, NotSent(error));
    }
    return any;
  }

  // Withdraws requests that cannot be answered, so that they do not use up the others' time.
  void WithdrawHopeless() {
    for (DumpSlot& slot : dump_slots) {
      const int32_t tid = slot.tid.load(std::memory_order_relaxed);
      if (!IsMine(slot) || tid == 0) continue;
      if (!sys::IsTask(tid)) {
        Withdraw(slot, "ended during the dump");
      } else if (sys::ThreadBlocksSignal(tid, signal_)) {
        Withdraw(slot, "runs and blocks signal " + std::to_string(signal_));
      }
    }
  }

  void GiveUp() {
    Collect();
    WithdrawHopeless();
    for (DumpSlot& slot : dump_slots) {
      if (!IsMine(slot) || slot.tid.load(std::memory_order_relaxed) == 0) continue;
      Withdraw(slot, "did not answer signal " + std::to_string(signal_) + " within 100 ms");
    }
    for (; next_ < tids_.size(); ++next_) visit_(tids_[next_], nullptr, "no time left to signal");
  }

  // Withdraws a request. A thread that is writing keeps its slot until it is done.
  void Withdraw(DumpSlot& slot, const std::string& why) {
    uint32_t state = slot.state.load(std::memory_order_acquire);
    const int32_t tid = slot.tid.load(std::memory_order_relaxed);
    if (DumpSlot::PhaseOf(state) == DumpSlot::kAsked &&
        slot.state.compare_exchange_strong(state, DumpSlot::NextRequest(state),
                                           std::memory_order_acq_rel)) {
      slot.tid.store(0, std::memory_order_relaxed);
    }
    mine_[&slot - dump_slots] = false;
    --in_flight_;
    visit_(tid, nullptr, why);
  }

  bool IsMine(const DumpSlot& slot) const { return mine_[&slot - dump_slots]; }

  const int signal_;
  const std::vector<int32_t>& tids_;
  const SignalledVisitor& visit_;
  bool mine_[kDumpSlots] = {};
  size_t next_ = 0;
  size_t in_flight_ = 0;
};

}  // namespace

Status CollectSignalledStacks(const std::vector<int32_t>& tids, const SignalledVisitor& visit) {
  if (tids.empty()) return {};
  SlotsOwner& owner = slots_owner.Get();
  const sys::MutexLock lock(owner.mutex);
  const int signal = DumpSignal(&owner.real_time_signal);
  if (signal == 0) {
    return {StatusCode::kConflict,
            "no signal is available for running threads: the program handles, waits for or blocks "
            "SIGURG and all real-time signals, or PPROF_CPP_DUMP_SIGNAL names one that it handles"};
  }
  Collection(signal, tids, visit).Run();
  return {};
}

}  // namespace pprof::profiles
