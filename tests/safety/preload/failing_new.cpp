// Operators new that fail, and threads that end by unwinding, in a program that has its own
// libstdc++. Prints what goes wrong.
#include <pthread.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory_resource>
#include <new>

namespace {

constexpr size_t kTooMuch = SIZE_MAX / 2;
int failures = 0;
int handler_calls = 0;

void Check(bool condition, const char* what) {
  if (condition) return;
  std::printf("%s\n", what);
  ++failures;
}

void HandlerThatGivesUp() {
  ++handler_calls;
  std::set_new_handler(nullptr);
}

void* volatile kept;

void FailOnce(bool nothrow) {
  std::set_new_handler(HandlerThatGivesUp);
  handler_calls = 0;
  bool failed = false;
  try {
    kept = nothrow ? ::operator new(kTooMuch, std::nothrow) : ::operator new(kTooMuch);
    failed = kept == nullptr;
  } catch (const std::bad_alloc&) {
    failed = !nothrow;
  }
  Check(failed, nothrow ? "new (nothrow) did not return null" : "new did not throw");
  Check(handler_calls == 1, "the new handler was not called once");
  Check(std::uncaught_exceptions() == 0, "an exception is still under way");
}

struct Scope {
  explicit Scope(int* count) : ended(count) {}
  ~Scope() { ++*ended; }
  int* ended;
};

void* EndByExit(void* ended) {
  const Scope scope(static_cast<int*>(ended));
  pthread_exit(nullptr);
}

void* WaitForCancellation(void* ended) {
  const Scope scope(static_cast<int*>(ended));
  for (;;) pause();
}

void EndThreads() {
  int ended = 0;
  pthread_t thread;
  pthread_create(&thread, nullptr, EndByExit, &ended);
  pthread_join(thread, nullptr);
  Check(ended == 1, "pthread_exit did not unwind");
  pthread_create(&thread, nullptr, WaitForCancellation, &ended);
  pthread_cancel(thread);
  pthread_join(thread, nullptr);
  Check(ended == 2, "pthread_cancel did not unwind");
}

void UsePools() {
  std::pmr::unsynchronized_pool_resource pool;
  for (int i = 0; i < 1000; ++i) kept = pool.allocate(1000);
  try {
    kept = pool.allocate(kTooMuch);
    Check(false, "the pool did not throw");
  } catch (const std::bad_alloc&) {
  }
  Check(std::uncaught_exceptions() == 0, "an exception of a pool is still under way");
}

}  // namespace

int main() {
  for (const bool nothrow : {false, true}) FailOnce(nothrow);
  EndThreads();
  UsePools();
  return failures;
}
