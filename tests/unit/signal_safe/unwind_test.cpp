// Compares our unwinder with libgcc's on the kinds of frames that compilers and libraries produce.
#include "profiler/signal_safe/unwind/unwind.h"

#include <alloca.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <regex>
#include <thread>
#include <vector>

#include "profiler/signal_safe/hooks/on_process.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "tests/unit/signal_safe/libgcc_stack.h"
#include "tests/unit/signal_safe/recurse.h"

namespace pprof::signal_safe {
namespace {

int compared_stacks = 0;
size_t deepest = 0;
bool expect_complete = true;

// Ours has UnwindOwnStack and this function before the caller, libgcc's only this function.
__attribute__((noinline)) void CompareHere() {
  static uintptr_t ours[LibgccStack::kMaxDepth];
  static LibgccStack theirs;
  const UnwindResult result = UnwindOwnStack(ours, LibgccStack::kMaxDepth);
  theirs.Capture();
  theirs.Drop(IsThreadEntry);  // ours omits the profiler's own frame
  ++compared_stacks;
  deepest = std::max(deepest, result.depth);
  EXPECT_EQ(result.complete(), expect_complete);
  EXPECT_FALSE(result.truncated());
  ASSERT_EQ(result.depth, theirs.depth + 1);
  for (size_t i = 1; i < theirs.depth; ++i) ASSERT_EQ(ours[i + 1], theirs.pcs[i]) << "frame " << i;
}

__attribute__((noinline)) int WithAlloca(size_t bytes, const std::function<void()>& inside) {
  auto* memory = static_cast<volatile char*>(alloca(bytes));
  memory[0] = memory[bytes - 1] = 1;
  inside();
  return memory[0];
}

template <size_t kAlignment>
__attribute__((noinline)) int Realigned(size_t bytes, const std::function<void()>& inside) {
  alignas(kAlignment) volatile char block[kAlignment];
  auto* more = static_cast<volatile char*>(alloca(bytes));
  block[0] = more[0] = 1;
  inside();
  return block[0] + more[0];
}

class UnwindTest : public testing::Test {
 protected:
  void SetUp() override {
    compared_stacks = 0;
    expect_complete = true;
  }
  void TearDown() override { EXPECT_GT(compared_stacks, 0) << "nothing was compared"; }
};

TEST_F(UnwindTest, AgreesOnAPlainCall) { CompareHere(); }

TEST_F(UnwindTest, AgreesOnRecursionOfEveryDepth) {
  for (int depth = 0; depth < 300; ++depth) Recurse(depth, CompareHere);
  EXPECT_GE(deepest, 300u);
}

TEST_F(UnwindTest, AgreesInLambdasAndStdFunction) {
  std::function<void()> inner = [] { CompareHere(); };
  const std::function<void(int)> outer = [&](int depth) {
    depth == 0 ? inner() : outer(depth - 1);
  };
  outer(20);
}

TEST_F(UnwindTest, AgreesInFramesWithAlloca) {
  for (const size_t bytes : {1, 100, 4096, 100000}) {
    WithAlloca(bytes, [&] { Recurse(3, [&] { WithAlloca(bytes / 2 + 1, CompareHere); }); });
  }
}

TEST_F(UnwindTest, AgreesInFramesThatRealignTheStack) {
  for (const size_t bytes : {1, 1000, 50000}) {
    Realigned<32>(bytes,
                  [&] { Realigned<64>(bytes, [&] { Realigned<256>(bytes, CompareHere); }); });
    Realigned<4096>(bytes, [&] { Recurse(2, CompareHere); });
  }
}

TEST_F(UnwindTest, AgreesInsideQsortOfTheLibc) {
  std::vector<int> numbers(100);
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<int>(i * 7919 % 101);
  std::qsort(numbers.data(), numbers.size(), sizeof(int), [](const void* a, const void* b) {
    CompareHere();
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
  });
}

// Every dereference compares: the matcher's frames are deep and recursive.
struct ComparingIterator {
  using iterator_category = std::bidirectional_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  const char* at = nullptr;

  reference operator*() const {
    CompareHere();
    return *at;
  }
  ComparingIterator& operator++() { return ++at, *this; }
  ComparingIterator operator++(int) { return {at++}; }
  ComparingIterator& operator--() { return --at, *this; }
  ComparingIterator operator--(int) { return {at--}; }
  bool operator==(const ComparingIterator& other) const { return at == other.at; }
  bool operator!=(const ComparingIterator& other) const { return at != other.at; }
};

TEST_F(UnwindTest, AgreesInsideARegularExpression) {
  const std::regex pattern("(a|b)*c+(d|e{2,3})*f");
  const char text[] = "abababccdeeedf";
  EXPECT_TRUE(std::regex_match(ComparingIterator{text}, ComparingIterator{text + 14}, pattern));
}

struct ComparesWhenDestroyed {
  ~ComparesWhenDestroyed() { CompareHere(); }
};

__attribute__((noinline)) void ThrowThroughADestructor(int depth) {
  const ComparesWhenDestroyed local;
  if (depth == 0) throw depth;
  ThrowThroughADestructor(depth - 1);
}

TEST_F(UnwindTest, AgreesWhileAnExceptionIsUnderWayAndWhereItLands) {
  try {
    ThrowThroughADestructor(10);
  } catch (int) {
    CompareHere();
  }
}

// A handler for SIGUSR1 that compares, on the stack selected by `flags`.
class ComparingHandler {
 public:
  explicit ComparingHandler(int flags) {
    struct sigaction action {};
    action.sa_handler = [](int) { CompareHere(); };
    action.sa_flags = flags;
    sigaction(SIGUSR1, &action, &old_);
  }
  ~ComparingHandler() { sigaction(SIGUSR1, &old_, nullptr); }

 private:
  struct sigaction old_;
};

TEST_F(UnwindTest, AgreesAcrossASignalFrame) {
  const ComparingHandler handler(0);
  Recurse(10, [] { raise(SIGUSR1); });
}

TEST_F(UnwindTest, AgreesAcrossAnAlternateSignalStack) {
  std::vector<char> memory(256 * 1024);
  stack_t stack{memory.data(), 0, memory.size()};
  stack_t old;
  ASSERT_EQ(sigaltstack(&stack, &old), 0);
  {
    const ComparingHandler handler(SA_ONSTACK);
    Recurse(10, [] { raise(SIGUSR1); });
  }
  sigaltstack(&old, nullptr);
}

TEST_F(UnwindTest, AgreesInThreads) {
  std::thread([] { Recurse(50, CompareHere); }).join();
}

// Two modules with frames of different sizes, loaded at the same address one after the other.
TEST_F(UnwindTest, AgreesInLoadedCodeAndAfterItsPlaceWasGivenToOtherCode) {
  for (int round = 0; round < 4; ++round) {
    const char* path = round % 2 == 0 ? PPROF_TEST_PLUGIN_1 : PPROF_TEST_PLUGIN_2;
    void* module = dlopen(path, RTLD_NOW);
    ASSERT_NE(module, nullptr) << dlerror();
    const auto call =
        reinterpret_cast<int (*)(void (*)(void*), void*)>(dlsym(module, "PluginCall"));
    call([](void*) { CompareHere(); }, nullptr);
    dlclose(module);
  }
}

void CompareInCoroutine(greg_t rbp) {
  static ucontext_t main_context, coroutine;
  std::vector<char> memory(256 * 1024);
  getcontext(&coroutine);
  coroutine.uc_stack.ss_sp = memory.data();
  coroutine.uc_stack.ss_size = memory.size();
  coroutine.uc_link = &main_context;
  makecontext(
      &coroutine, [] { Recurse(20, CompareHere); }, 0);
  coroutine.uc_mcontext.gregs[REG_RBP] = rbp;
  swapcontext(&main_context, &coroutine);
}

// No table entry marks makecontext's outermost frame as the outermost one.
TEST_F(UnwindTest, AgreesInACoroutine) {
  expect_complete = false;
  CompareInCoroutine(1);
}

// But this does.
TEST_F(UnwindTest, AgreesInACoroutineWithAFramePointerOfZero) { CompareInCoroutine(0); }

// What its frame pointer leads to looks like a first frame, but for the data in place of code.
TEST_F(UnwindTest, AgreesInACoroutineWhoseFramePointerLeadsToData) {
  static uintptr_t no_frame[2] = {0, reinterpret_cast<uintptr_t>(no_frame)};
  expect_complete = false;
  CompareInCoroutine(reinterpret_cast<greg_t>(no_frame));
}

}  // namespace
}  // namespace pprof::signal_safe
