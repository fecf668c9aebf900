// What pthread_create, a thread's begin and end, and labels tell the profiler.
#pragma once

#include <cstdint>

#include "profiler/signal_safe/unwind/unwind.h"  // SetThreadEntryCode

namespace pprof::signal_safe {

struct CountedStack;
struct ThreadRecord;

// What a creator hands to the thread it starts.
struct ThreadBirth {
  CountedStack* created_at;
  int32_t creator_tid;
  uint32_t label_set;
  bool own;  // it will be a thread of the profiler itself (sys/own_thread.h)
};

// In the creator, before the thread exists. `caller`: the return address into the code that called
// pthread_create. Signal-safe.
ThreadBirth OnThreadCreate(void* caller);

// In the new thread, before its own code; and after it, however it ends. Signal-safe.
void OnThreadStart(const ThreadBirth& birth);
void OnThreadEnd(const ThreadBirth& birth);
// The thread could not be started.
void OnThreadNotCreated(const ThreadBirth& birth);

// Waits, 100 ms at most, until every own thread that the kernel may have listed has its record: in
// its first moments it could be taken for the application's. Not from a handler.
void AwaitNewbornOwnThreads();

// Thread `tid` is gone without a word (it ended by a raw exit call): its record is given back.
// Waits where the sampler's thread is arming it: not from a handler.
void OnThreadVanished(ThreadRecord* record, int32_t tid);

// The calling thread is the only one of a forked child and has a new number. Records of the
// parent's other threads are given back; their timers are not ours to delete. Signal-safe.
void OnThreadForked();

// The labels in force in the calling thread. Signal-safe.
uint32_t CurrentLabels();
void SetLabels(uint32_t label_set);

}  // namespace pprof::signal_safe
