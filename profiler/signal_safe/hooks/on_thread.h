// Thread events: pthread_create, a thread's start and end, and label changes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "profiler/signal_safe/unwind/unwind.h"  // SetThreadEntryCode

namespace pprof::signal_safe {

struct CountedStack;
struct ThreadRecord;

// Passed from the creating thread to the new one.
struct ThreadBirth {
  CountedStack* created_at;
  int32_t creator_tid;
  uint32_t label_set;
  bool own;            // a profiler thread (sys/thread/own_thread.h)
  size_t stack_bytes;  // size of its stack; 0: unknown
};

// In the creating thread, before the new thread exists. `caller`: return address in the code that
// called pthread_create; `stack_bytes`: size of the new thread's stack. Async-signal-safe.
ThreadBirth OnThreadCreate(void* caller, size_t stack_bytes);

// Called in the creating thread after the program, not the profiler, created a thread, unless null.
using ThreadCallback = void (*)();
extern std::atomic<ThreadCallback> on_program_thread;

// In the new thread, before its own code. Async-signal-safe.
void OnThreadStart(const ThreadBirth& birth);
// In the ending thread, after its own code, however it ends. Not async-signal-safe: may wait for
// the sampler's thread to finish arming the timer.
void OnThreadEnd(const ThreadBirth& birth);
// In the creating thread, when pthread_create failed. Async-signal-safe.
void OnThreadNotCreated(const ThreadBirth& birth);

// Waits up to 100 ms until every profiler thread that the kernel may list has its record; without
// one it could be mistaken for an application thread. False: one still has none; it gets no CPU.
// Not async-signal-safe: waits.
bool AwaitNewbornOwnThreads();

// Releases the record of thread `tid`, which ended without OnThreadEnd (by a raw exit call).
// Not async-signal-safe: may wait for the sampler's thread to finish arming the timer.
void OnThreadVanished(ThreadRecord* record, int32_t tid);

// In the child of a fork, whose only thread has a new id: releases the records of the parent's
// other threads, without deleting their timers, which are not inherited. Async-signal-safe.
void OnThreadForked();

// The calling thread's label set. Async-signal-safe.
uint32_t CurrentLabels();
void SetLabels(uint32_t label_set);

}  // namespace pprof::signal_safe
