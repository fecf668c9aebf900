// pthread_create: used by std::thread, std::async, OpenMP and libraries. Not covered: thrd_create
// and glibc's helper threads, which use its internal name.
#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "profiler/interpose/next.h"
#include "profiler/signal_safe/hooks/on_thread.h"

#define PPROF_EXPORT __attribute__((visibility("default")))
// A separate section: its bounds identify our frame in a stack.
#define PPROF_THREAD_ENTRY __attribute__((noinline, section("pprof_thread_entry")))

extern "C" {
// NOLINTBEGIN(readability-identifier-naming): the linker's names
extern const char __start_pprof_thread_entry[] __attribute__((visibility("hidden")));
extern const char __stop_pprof_thread_entry[] __attribute__((visibility("hidden")));
// NOLINTEND(readability-identifier-naming)
}

namespace pprof::interpose {
namespace {

constexpr char kCreate[] = "pthread_create";
using NextCreate =
    Next<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) noexcept, kCreate>;

// The size of the stack that pthread_create gives to a thread with these attributes.
size_t StackBytes(const pthread_attr_t* attributes) {
  pthread_attr_t defaults;
  size_t bytes = 0;
  if (attributes == nullptr) {
    pthread_attr_init(&defaults);
    pthread_attr_getstacksize(&defaults, &bytes);
    pthread_attr_destroy(&defaults);
  } else {
    pthread_attr_getstacksize(attributes, &bytes);
  }
  return bytes;
}

struct StartBlock {
  void* (*start)(void*);
  void* argument;
  signal_safe::ThreadBirth birth;
};

// Passed from the creator to the new thread. Taken from a static pool while there is room: a thread
// that frees heap memory would get its own allocator cache, at a microsecond or more.
class StartBlocks {
 public:
  // nullptr: out of memory.
  static StartBlock* Take(const StartBlock& wanted) {
    for (Slot& slot : slots_) {
      if (slot.taken.load(std::memory_order_relaxed)) continue;
      if (slot.taken.exchange(true, std::memory_order_acquire)) continue;  // pairs with GiveBack
      slot.block = wanted;
      return &slot.block;
    }
    return new (std::nothrow) StartBlock(wanted);
  }
  static void GiveBack(StartBlock* block) {
    for (Slot& slot : slots_) {
      if (block != &slot.block) continue;
      slot.taken.store(false, std::memory_order_release);
      return;
    }
    delete block;
  }

 private:
  struct Slot {
    std::atomic<bool> taken;
    StartBlock block;
  };
  static Slot slots_[16];  // of threads that were created but have not run yet
};
StartBlocks::Slot StartBlocks::slots_[16];

// Tells the end whichever way the thread takes: return, pthread_exit, cancellation.
class ThreadScope {
 public:
  explicit ThreadScope(const signal_safe::ThreadBirth& birth) : birth_(birth) {
    signal_safe::OnThreadStart(birth_);
  }
  ~ThreadScope() { signal_safe::OnThreadEnd(birth_); }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  const signal_safe::ThreadBirth birth_;
};

PPROF_THREAD_ENTRY void* RunThread(void* opaque) {
  const StartBlock block = *static_cast<StartBlock*>(opaque);
  StartBlocks::GiveBack(static_cast<StartBlock*>(opaque));
  const ThreadScope scope(block.birth);
  return block.start(block.argument);
}

}  // namespace
}  // namespace pprof::interpose

extern "C" {

PPROF_EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                void* (*start)(void*), void* argument) noexcept {
  namespace interpose = pprof::interpose;
  namespace signal_safe = pprof::signal_safe;
  using interpose::NextCreate;
  signal_safe::SetThreadEntryCode({reinterpret_cast<uintptr_t>(__start_pprof_thread_entry),
                                   reinterpret_cast<uintptr_t>(__stop_pprof_thread_entry)});
  const auto birth =
      signal_safe::OnThreadCreate(__builtin_return_address(0), interpose::StackBytes(attributes));
  auto* block = interpose::StartBlocks::Take({start, argument, birth});
  // Without memory for the block the thread still starts, but without a creator.
  const int error = block == nullptr
                        ? NextCreate::Call(thread, attributes, start, argument)
                        : NextCreate::Call(thread, attributes, interpose::RunThread, block);
  if (error != 0 || block == nullptr) signal_safe::OnThreadNotCreated(birth);
  if (error != 0 && block != nullptr) interpose::StartBlocks::GiveBack(block);
  auto* const tell = signal_safe::on_program_thread.load(std::memory_order_relaxed);
  if (tell != nullptr && error == 0 && !birth.own) tell();
  return error;
}

}  // extern "C"
