#include "profiler/signal_safe/hooks/on_thread.h"

#include "profiler/signal_safe/hooks/capture_stack.h"
#include "profiler/signal_safe/hooks/on_tick.h"
#include "profiler/signal_safe/signal_safe.h"
#include "profiler/signal_safe/tables/thread_registry.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/thread/own_stack.h"
#include "profiler/sys/thread/own_thread.h"
#include "profiler/sys/thread/this_thread.h"
#include "profiler/sys/thread/thread_signal.h"
#include "profiler/sys/time/clock.h"

namespace pprof::signal_safe {

std::atomic<ThreadCallback> on_program_thread{nullptr};

namespace {

// Profiler threads that were created but have no record yet.
std::atomic<int> newborn_own_threads;

// Threads not created by pthread_create (the main thread, clone) get a record at first use.
ThreadRecord* OwnRecord() {
  ThreadState& thread = thread_state;
  if (thread.record == nullptr && !thread.ended) {
    thread.record = thread_registry.Add(
        {OwnThreadId(), 0, nullptr, thread.label_set, ThreadStackBounds().high, thread.own});
  }
  return thread.record;
}

// In the child of a fork: all threads but one, of stack `alive` or of no stack, have ended. Not
// counted by records: some threads are counted before they have one, or after they released it.
void KeepOnlyThreadOf(const CountedStack* alive) {
  thread_stacks.ForEach([alive](CountedStack& stack) {
    const uint64_t begun = stack.begun.load(std::memory_order_relaxed);
    stack.ended.store(begun - (&stack == alive ? 1 : 0), std::memory_order_relaxed);
  });
}

}  // namespace

ThreadBirth OnThreadCreate(void* caller, size_t stack_bytes) {
  const ReentryGuard guard;
  CountedStack* stack = CaptureStack(caller, &thread_stacks);
  stack->Begin();
  const bool own = sys::CreatesOwnThreads();
  if (own) newborn_own_threads.fetch_add(1);  // before the kernel can list it
  return {stack, OwnThreadId(), thread_state.label_set, own, stack_bytes};
}

void OnThreadNotCreated(const ThreadBirth& birth) {
  birth.created_at->Forget();
  if (birth.own) newborn_own_threads.fetch_sub(1);
}

void OnThreadStart(const ThreadBirth& birth) {
  thread_state.label_set = birth.label_set;
  thread_state.own = birth.own;
  thread_state.stack = sys::CreatedThreadStackBounds(birth.stack_bytes);
  thread_state.record = thread_registry.Add({OwnThreadId(), birth.creator_tid, birth.created_at,
                                             birth.label_set, thread_state.stack.high, birth.own});
  if (birth.own) newborn_own_threads.fetch_sub(1);
  const bool recording = cpu_sampling.interval_nanos.load(std::memory_order_relaxed) != 0;
  if (recording && thread_state.record != nullptr && !sys::BlocksProfilingSignal()) {
    ArmCpuTimer(thread_state.record, OwnThreadId());
  }
}

void OnThreadEnd(const ThreadBirth& birth) {
  if (birth.own) {
    birth.created_at->Forget();
  } else {
    birth.created_at->End();
  }
  ThreadRecord* record = thread_state.record;
  thread_state.record = nullptr;
  thread_state.ended = true;
  // In this order: without the tid no thread arms a timer for the record any more.
  if (record == nullptr || !ThreadRegistry::Take(record, OwnThreadId())) return;
  OnCpuThreadEnd(record);
  thread_registry.Free(record);
}

void OnThreadVanished(ThreadRecord* record, int32_t tid) {
  if (!ThreadRegistry::Take(record, tid)) return;
  if (CountedStack* stack = record->created_at.load()) stack->End();
  DisarmCpuTimer(record);
  thread_registry.Free(record);
}

bool AwaitNewbornOwnThreads() {
  constexpr uint64_t kLongestWait = 100000000;  // ns
  const uint64_t begun = sys::MonotonicNanos();
  while (newborn_own_threads.load() > 0 && sys::MonotonicNanos() - begun < kLongestWait) {
    sys::Yield();
  }
  return newborn_own_threads.load() == 0;
}

void OnThreadForked() {
  newborn_own_threads.store(0);
  cpu_sampling.interval_nanos.store(0);  // the child inherits no timers
  cpu_sampling.by_process.store(false);
  thread_state.tid = sys::ThreadId();
  ThreadRecord* const own = thread_state.record;
  if (own != nullptr) {
    own->cpu_timer.store(kTimerNone);
    own->tid.store(thread_state.tid, std::memory_order_release);
  }
  thread_registry.KeepOnly(own);
  KeepOnlyThreadOf(own != nullptr ? own->created_at.load() : nullptr);
}

uint32_t CurrentLabels() { return thread_state.label_set; }

void SetLabels(uint32_t label_set) {
  thread_state.label_set = label_set;
  if (ThreadRecord* record = OwnRecord()) {
    record->label_set.store(label_set, std::memory_order_relaxed);
  }
}

}  // namespace pprof::signal_safe
