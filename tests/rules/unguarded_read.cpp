// Code that clang must refuse: a member is read without the mutex that guards it.
#include "profiler/sys/thread/mutex.h"

class Counter {
 public:
  int value() { return value_; }

 private:
  pprof::sys::Mutex mutex_;
  int value_ PPROF_GUARDED_BY(mutex_) = 0;
};

int ValueOf(Counter& counter) { return counter.value(); }
