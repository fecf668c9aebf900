// Compares our unwinder with libgcc's at every single instruction of real code, using the
// processor's trap flag. Not inside a throw, where libgcc itself crashes.
#include <alloca.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>
#include <unwind.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <regex>
#include <string>

#include "profiler/signal_safe/tables/stack_table.h"
#include "profiler/signal_safe/unwind/interrupted.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "tests/trap_flag.h"

#define NOINLINE __attribute__((noinline))

namespace pprof::signal_safe {
namespace {

constexpr size_t kMostFrames = 200;
constexpr uint64_t kMostSteps = 40000;  // per workload

struct Steps {
  uint64_t all = 0;
  uint64_t equal = 0;
  uintptr_t first_differences[8] = {};
  size_t differences = 0;
};
Steps steps;
volatile bool is_stepping;

struct GccStack {
  uintptr_t pcs[kMostFrames];
  size_t depth = 0;
};

_Unwind_Reason_Code AddFrame(_Unwind_Context* context, void* opaque) {
  auto& stack = *static_cast<GccStack*>(opaque);
  if (stack.depth == kMostFrames) return _URC_END_OF_STACK;
  stack.pcs[stack.depth++] = _Unwind_GetIP(context);
  return _URC_NO_REASON;
}

// libgcc's walk starts in the handler; the part for the interrupted code starts at its address.
bool SameStack(const GccStack& gcc, const uintptr_t* pcs, size_t depth) {
  size_t begin = 0;
  while (begin < gcc.depth && gcc.pcs[begin] != pcs[0]) ++begin;
  size_t length = gcc.depth - begin;
  while (length > 0 && gcc.pcs[begin + length - 1] == 0) --length;  // libgcc's end of the stack
  return length == depth && std::memcmp(gcc.pcs + begin, pcs, depth * sizeof pcs[0]) == 0;
}

void OnStep(int, siginfo_t*, void* opaque) {
  if (!is_stepping || steps.all == kMostSteps) return stepping::ClearTrapFlagOf(opaque);
  uintptr_t pcs[kMaxStackDepth];
  const UnwindResult own =
      UnwindFrom(InterruptedRegisters(opaque), ThreadStackBounds(), pcs, kMaxStackDepth);
  GccStack gcc;
  _Unwind_Backtrace(AddFrame, &gcc);
  ++steps.all;
  if (SameStack(gcc, pcs, own.depth)) {
    ++steps.equal;
  } else if (steps.differences < 8) {
    steps.first_differences[steps.differences++] = pcs[0];
  }
}

void ExpectEqualStacks(const char* name, const std::function<void()>& workload) {
  struct sigaction action {};
  action.sa_sigaction = OnStep;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, nullptr);
  GccStack warm;
  _Unwind_Backtrace(AddFrame, &warm);
  steps = {};
  is_stepping = true;
  stepping::SetTrapFlag();
  workload();
  is_stepping = false;
  __asm__ volatile("nop");  // the last trap: clears the flag
  signal(SIGTRAP, SIG_DFL);
  const double share = static_cast<double>(steps.equal) / static_cast<double>(steps.all);
  std::printf("%-16s %8lu instructions, %.4f %% equal\n", name, steps.all, 100 * share);
  EXPECT_GE(steps.all, 100u);
  EXPECT_GE(share, 0.999);
  for (size_t i = 0; i < steps.differences; ++i) {
    std::printf("  differs at %#lx\n", steps.first_differences[i]);
  }
}

// Somebody might look at the block: clang leaves out allocations that nobody uses.
void* Used(void* block) {
  __asm__ volatile("" : "+r"(block) : : "memory");
  return block;
}

TEST(SingleStep, Malloc) {
  ExpectEqualStacks("malloc", [] {
    for (size_t size = 1; size < 20000; size = size * 3 / 2 + 7) {
      void* block = Used(std::malloc(size));
      block = Used(std::realloc(block, size * 2));
      std::free(block);
    }
  });
}

// No %g: glibc's multiplication in assembly has wrong tables after its pushes, where libgcc
// crashes; pprof-cpp's unwinder ends the walk.
TEST(SingleStep, Printf) {
  ExpectEqualStacks("printf", [] {
    char text[300];
    for (int i = 1; i < 30000; i *= 7) {
      std::snprintf(text, sizeof text, "%d %s %-20s %#x %c %lu %p", i, "words", "left", 99u, 'x',
                    123456789012345678ul, static_cast<void*>(text));
      std::snprintf(text, sizeof text, "%*d|%.*s|%5u|%o|%%", 12, i, 3, "abcdef", 7u, 8u);
    }
  });
}

TEST(SingleStep, Libm) {
  ExpectEqualStacks("libm", [] {
    volatile double sum = 0;
    for (double x = 0.1; x < 40; x *= 2.3) {
      sum = sum + std::sin(x) + std::exp(-x) + std::pow(x, 1.7) + std::tgamma(x) + std::atan2(x, 3);
    }
  });
}

TEST(SingleStep, Regex) {
  ExpectEqualStacks("regex", [] {
    const std::regex pattern("([a-z]+)@([a-z]+)\\.com");
    std::regex_match("someone@example.com", pattern);
  });
}

TEST(SingleStep, StringFunctions) {
  ExpectEqualStacks("string", [] {
    char a[600], b[600];
    for (size_t length : {3u, 17u, 40u, 100u, 300u, 599u}) {
      std::memset(a, 'x', length);
      a[length] = '\0';
      std::memcpy(b, a, length + 1);
      volatile size_t sum = std::strlen(b) + static_cast<size_t>(std::strcmp(a, b));
      sum = sum + (std::strchr(b, 'y') != nullptr) + (std::strstr(b, "xxy") != nullptr);
      std::memmove(b + 1, b, length);
    }
  });
}

TEST(SingleStep, Vdso) {
  ExpectEqualStacks("vdso", [] {
    for (int i = 0; i < 20; ++i) {
      timespec time;
      timeval day;
      clock_gettime(CLOCK_MONOTONIC, &time);
      clock_gettime(CLOCK_REALTIME_COARSE, &time);
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
      gettimeofday(&day, nullptr);
      std::time(nullptr);
    }
  });
}

// Functions that have not been called before.
TEST(SingleStep, PltAndLazyBinding) {
  ExpectEqualStacks("lazy binding", [] {
    volatile double sum = std::erf(0.3) + std::lgamma(2.5) + std::cbrt(7.0);
    sum = sum + static_cast<double>(ffs(77)) + std::strtod("1.5", nullptr);
    sum = sum + static_cast<double>(labs(-3)) + static_cast<double>(getppid());
  });
}

NOINLINE size_t UseAlloca(size_t bytes) {
  char* memory = static_cast<char*>(alloca(bytes));
  std::memset(memory, 7, bytes);
  volatile size_t sum = std::strlen("alloca") + static_cast<size_t>(memory[bytes / 2]);
  return sum;
}

struct alignas(64) Aligned {
  char bytes[256];
};

NOINLINE size_t UseRealigned(size_t depth) {
  Aligned aligned;
  std::memset(&aligned, static_cast<int>(depth), sizeof aligned);
  const size_t below = depth == 0 ? 0 : UseRealigned(depth - 1);
  return below + static_cast<size_t>(aligned.bytes[depth]);
}

TEST(SingleStep, AllocaAndRealignedStacks) {
  ExpectEqualStacks("alloca", [] {
    volatile size_t sum = 0;
    for (size_t bytes = 16; bytes < 5000; bytes *= 2) sum = sum + UseAlloca(bytes);
    sum = sum + UseRealigned(10);
  });
}

TEST(SingleStep, SignalFrames) {
  signal(SIGUSR1, [](int) {
    signal(SIGUSR2, [](int) { UseAlloca(100); });
    raise(SIGUSR2);
  });
  ExpectEqualStacks("signal frames", [] {
    for (int i = 0; i < 3; ++i) raise(SIGUSR1);
  });
}

NOINLINE int Fibonacci(int n) {
  const int result = n < 2 ? n : Fibonacci(n - 1) + Fibonacci(n - 2);
  __asm__ volatile("");
  return result;
}

TEST(SingleStep, Recursion) {
  ExpectEqualStacks("recursion", [] {
    volatile int sum = Fibonacci(14);
    sum = sum + 1;
  });
}

}  // namespace
}  // namespace pprof::signal_safe
