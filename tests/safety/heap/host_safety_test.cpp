// The sampler must not hang, crash or report wrong data, whatever its host process does: forks,
// handlers, dl_iterate_phdr, coroutines, short-lived threads, unloaded modules.
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "profiler/signal_safe/hooks/on_alloc.h"
#include "tests/function_names.h"
#include "tests/safety/heap/deadline.h"
#include "tests/unit/signal_safe/heap_test_support.h"

namespace pprof {
namespace {

constexpr std::chrono::seconds kHang{60};

// Allocates and frees until stopped.
class AllocationLoad {
 public:
  explicit AllocationLoad(int threads) {
    for (int t = 0; t < threads; ++t) {
      threads_.emplace_back([this] {
        void* blocks[64] = {};
        for (size_t i = 0; !stop_.load(std::memory_order_relaxed); ++i) {
          free(blocks[i % 64]);
          blocks[i % 64] = malloc(16 + i % 500);
        }
        for (void* block : blocks) free(block);
      });
    }
  }
  ~AllocationLoad() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

class HostTest : public HeapTest {};

// ---- Forks

void AllocateAndReadInChild() {
  for (int i = 0; i < 200; ++i) free(malloc(100 + static_cast<size_t>(i)));
  const bool read = !profiles::ReadHeap().empty() && !profiles::ReadPeak().empty();
  _exit(read ? 0 : 1);
}

TEST_F(HostTest, SixHundredForksUnderAllocationLoadHangNoChild) {
  const ScopedInterval dense(64);
  const AllocationLoad load(3);
  for (int i = 0; i < 600; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) AllocateAndReadInChild();
    ASSERT_EQ(WaitForChild(child, kHang), 0) << "fork " << i << " (-2: hung)";
  }
}

TEST_F(HostTest, AChildOfAChildSamplesToo) {
  const ScopedInterval all(1);
  const pid_t child = fork();
  if (child == 0) {
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      void* block = malloc(400);
      _exit(IsSampled(block) ? 0 : 1);
    }
    _exit(WaitForChild(grandchild, kHang) == 0 ? 0 : 1);
  }
  EXPECT_EQ(WaitForChild(child, kHang), 0);
}

// ---- The dynamic linker's lock

// One thread allocates inside dl_iterate_phdr and takes a lock of the application; another one
// holds that lock and allocates. An unwinder that takes the linker's lock hangs here.
void AllocateInsideDlIteratePhdr() {
  std::mutex application;
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop.load(std::memory_order_relaxed)) {
      const std::lock_guard<std::mutex> lock(application);
      for (int i = 0; i < 20; ++i) free(malloc(100));
    }
  });
  for (int i = 0; i < 30000; ++i) {
    dl_iterate_phdr(
        [](dl_phdr_info*, size_t, void* mutex) {
          free(malloc(100));
          const std::lock_guard<std::mutex> lock(*static_cast<std::mutex*>(mutex));
          return 0;
        },
        &application);
  }
  stop = true;
  other.join();
}

TEST_F(HostTest, AllocatingInsideDlIteratePhdrDoesNotHang) {
  const pid_t child = fork();
  if (child == 0) {
    const ScopedInterval all(1);
    AllocateInsideDlIteratePhdr();
    _exit(0);
  }
  EXPECT_EQ(WaitForChild(child, std::chrono::seconds(60)), 0) << "-2: hung";
}

TEST_F(HostTest, LoadingAndUnloadingModulesUnderAllocationLoadDoesNotHang) {
  const pid_t child = fork();
  if (child == 0) {
    const ScopedInterval dense(64);
    const AllocationLoad load(2);
    for (int i = 0; i < 300; ++i) {
      void* module = dlopen(i % 2 == 0 ? PPROF_TEST_PLUGIN_1 : PPROF_TEST_PLUGIN_2, RTLD_NOW);
      if (module == nullptr) _exit(1);
      dlclose(module);
    }
    _exit(0);
  }
  EXPECT_EQ(WaitForChild(child, std::chrono::seconds(60)), 0) << "-2: hung";
}

// ---- Unloaded modules

// The caller is above the module's five frames; a wrong row would cut it off.
TEST_F(HostTest, StacksThroughAReloadedModuleReachTheirCaller) {
  const ScopedInterval all(1);
  for (int round = 0; round < 6; ++round) {
    void* module = dlopen(round % 2 == 0 ? PPROF_TEST_PLUGIN_1 : PPROF_TEST_PLUGIN_2, RTLD_NOW);
    ASSERT_NE(module, nullptr) << dlerror();
    const auto call =
        reinterpret_cast<int (*)(void (*)(void*), void*)>(dlsym(module, "PluginCall"));
    void* block = nullptr;
    call([](void* result) { *static_cast<void**>(result) = malloc(400); }, &block);
    const signal_safe::HeapStack* stack = RecordOf(block)->stack;
    bool reaches_the_test = false;
    for (const std::string& name :
         pprof::FunctionNames(std::vector<uint64_t>(stack->pcs(), stack->pcs() + stack->depth))) {
      reaches_the_test |= name.find("StacksThroughAReloadedModule") != std::string::npos;
    }
    EXPECT_TRUE(reaches_the_test) << "round " << round;
    EXPECT_EQ(stack->end, signal_safe::StackEnd::kRoot);
    free(block);
    dlclose(module);
  }
}

// ---- Signal handlers

// malloc itself is not allowed in handlers (because of tcmalloc's lists), but a handler may
// interrupt us at any instruction and allocate. So the handler calls the hooks that malloc calls,
// with blocks of its own.
alignas(4096) char handler_memory[64 * 4096];
std::atomic<int> handler_runs{0};

void TellInHandler(int) {
  const int run = handler_runs.fetch_add(1);
  void* block = handler_memory + (static_cast<size_t>(run) % 64) * 4096 + 64;
  if (!signal_safe::CountDown(300)) {
    const uint64_t interval = signal_safe::OnCountdownEnd(300);
    if (interval != 0) signal_safe::OnAlloc(block, 300, interval, __builtin_return_address(0));
  }
  if (signal_safe::MayBeSampled(block)) signal_safe::OnFree(block);
}

TEST_F(HostTest, HandlersThatAllocateDuringSamplingHarmNothing) {
  const ScopedInterval dense(32);
  struct sigaction action {
  }, old;
  action.sa_handler = TellInHandler;
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(sigaction(SIGUSR2, &action, &old), 0);
  handler_runs = 0;
  std::atomic<bool> stop{false};
  const pthread_t target = pthread_self();
  std::thread sender([&] {
    while (!stop.load(std::memory_order_relaxed)) pthread_kill(target, SIGUSR2);
  });
  for (int i = 0; i < 20000 || handler_runs < 5000; ++i) {
    // A pair here, too, without tcmalloc's part.
    alignas(16) static char own[64];
    const uint64_t interval = signal_safe::CountDown(48) ? 0 : signal_safe::OnCountdownEnd(48);
    if (interval != 0) signal_safe::OnAlloc(own, 48, interval, __builtin_return_address(0));
    if (signal_safe::MayBeSampled(own)) signal_safe::OnFree(own);
  }
  stop = true;
  sender.join();
  sigaction(SIGUSR2, &old, nullptr);
  for (size_t i = 0; i < 64; ++i) EXPECT_FALSE(IsSampled(handler_memory + i * 4096 + 64));
  EXPECT_FALSE(signal_safe::thread_state.busy);
  for (const profiles::HeapUse& stack : profiles::ReadPeak()) {
    ASSERT_GE(stack.in_use_bytes, 0);
  }
}

// ---- Coroutines

ucontext_t main_context, coroutine_context;
void* coroutine_block = nullptr;

__attribute__((noinline)) void CoroutineBody() {
  coroutine_block = malloc(400);
  swapcontext(&coroutine_context, &main_context);
  free(coroutine_block);
}

// Runs the coroutine up to its first switch.
__attribute__((noinline)) void StartCoroutine(char* stack, size_t bytes) {
  getcontext(&coroutine_context);
  coroutine_context.uc_stack.ss_sp = stack;
  coroutine_context.uc_stack.ss_size = bytes;
  coroutine_context.uc_link = &main_context;
  makecontext(&coroutine_context, CoroutineBody, 0);
  swapcontext(&main_context, &coroutine_context);
}

TEST_F(HostTest, CoroutinesOnSmallStacksAreSampled) {
  const ScopedInterval all(1);
  std::vector<char> stack(16 * 1024);
  for (int i = 0; i < 2000; ++i) {
    StartCoroutine(stack.data(), stack.size());
    const auto record = RecordOf(coroutine_block);
    ASSERT_TRUE(record);
    ASSERT_GE(record->stack->depth, 2u);  // the body, and makecontext's frame
    if (i == 0) {
      ASSERT_NE(CallerOf(*record).find("CoroutineBody"), std::string::npos);
    }
    swapcontext(&main_context, &coroutine_context);
  }
}

// ---- Short-lived threads

TEST_F(HostTest, ThreadChurnLeavesNothingBehind) {
  const ScopedInterval all(1);
  const auto churn = [](int count) {
    for (int i = 0; i < count; ++i) {
      std::thread threads[4];
      for (std::thread& thread : threads) {
        thread = std::thread([] {
          for (size_t n = 0; n < 50; ++n) free(malloc(64 + n));
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
  };
  churn(50);
  const size_t stacks = signal_safe::heap_sampler.stacks.size();
  const size_t mapped = signal_safe::heap_sampler.live.mapped_bytes() +
                        signal_safe::heap_sampler.stacks.mapped_bytes();
  churn(1000);
  EXPECT_LE(signal_safe::heap_sampler.stacks.size(), stacks + 50);
  EXPECT_LE(signal_safe::heap_sampler.live.mapped_bytes() +
                signal_safe::heap_sampler.stacks.mapped_bytes(),
            mapped + (1 << 20));
}

}  // namespace
}  // namespace pprof
