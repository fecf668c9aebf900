// Compares our unwinder with libgcc's on the kinds of frames that compilers and libraries produce.
#include "profiler/signal_safe/unwind/unwind.h"

#include <alloca.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <regex>
#include <thread>
#include <vector>

#include "profiler/signal_safe/hooks/on_process.h"
#include "profiler/signal_safe/thread_state.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/thread/own_stack.h"
#include "tests/unit/signal_safe/libgcc_stack.h"

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

__attribute__((noinline)) int Recurse(int depth, const std::function<void()>& at_the_end) {
  if (depth == 0) {
    at_the_end();
    return 0;
  }
  const int below = Recurse(depth - 1, at_the_end);
  asm volatile("");  // prevents turning the recursion into a loop
  return below + 1;
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

// ---- Invalid stacks must not cause crashes.

TEST(UnwindOwnStack, StopsWhereThereIsNoMoreRoom) {
  Recurse(100, [] {
    uintptr_t pcs[16];
    const UnwindResult result = UnwindOwnStack(pcs, 16);
    EXPECT_EQ(result.depth, 16u);
    EXPECT_TRUE(result.truncated());
    EXPECT_FALSE(result.complete());
  });
}

TEST(UnwindFrom, AddressesOfNoCodeEndTheWalk) {
  Registers from;
  for (const uintptr_t pc :
       {uintptr_t{0}, uintptr_t{1}, uintptr_t{4096}, uintptr_t{0x1234567890}, ~uintptr_t{0}}) {
    from.pc = pc;
    from.sp = reinterpret_cast<uintptr_t>(&from);
    from.rbp = 0;
    uintptr_t pcs[8];
    EXPECT_EQ(UnwindFrom(from, ThreadStackBounds(), pcs, 8).depth, 1u) << pc;
  }
}

// Calls `body` on a new thread whose stack is the upper end of a larger mapping.
template <class Body>
void OnStackAtTheEndOf(char* mapping, size_t bytes, size_t stack_bytes, Body body) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstack(&attributes, mapping + bytes - stack_bytes, stack_bytes), 0);
  pthread_t thread;
  const auto start = [](void* run) -> void* {
    (*static_cast<Body*>(run))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, start, &body), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

// A coroutine's stack below the thread's, which has no guard page, and an rbp that points to memory
// between them: code without tables is unwound by its frame pointer.
TEST(UnwindFrom, MemoryBetweenStacksMayVanish) {
  constexpr size_t kPage = 4096, kStack = 256 * 1024, kAll = kStack + 2 * kPage;
  void* mapped = mmap(nullptr, kAll, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  char* const coroutine = static_cast<char*>(mapped);
  OnStackAtTheEndOf(coroutine, kAll, kStack, [coroutine] {
    Registers from;
    from.pc = 0x1234567890;
    from.sp = reinterpret_cast<uintptr_t>(coroutine) + 64;
    from.rbp = reinterpret_cast<uintptr_t>(coroutine) + kPage + 512;
    uintptr_t pcs[8];
    EXPECT_EQ(UnwindFrom(from, ThreadStackBounds(), pcs, 8).depth, 1u);
    ASSERT_EQ(munmap(coroutine + kPage, kPage), 0);
    EXPECT_EQ(UnwindFrom(from, ThreadStackBounds(), pcs, 8).depth, 1u);
  });
  munmap(coroutine, kAll);
}

// Its own stack is read without system calls; those of coroutines beside it are not its own.
TEST(ThreadStackBounds, HoldNothingButTheStack) {
  const auto check = [](uintptr_t low, size_t bytes) {
    const sys::StackBounds& bounds = ThreadStackBounds();
    EXPECT_GE(bounds.low, low);
    EXPECT_LE(bounds.low, low + 16384);
    EXPECT_LE(bounds.high, low + bytes);
    EXPECT_GE(bounds.high, low + bytes - 16384);
  };
  for (const size_t bytes : {size_t{64} << 10, size_t{1} << 20, size_t{64} << 20}) {
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(mapped, MAP_FAILED);
    OnStackAtTheEndOf(static_cast<char*>(mapped), bytes, bytes,
                      [=] { check(reinterpret_cast<uintptr_t>(mapped), bytes); });
    munmap(mapped, bytes);
  }
  std::thread([&check] {
    pthread_attr_t own;
    ASSERT_EQ(pthread_getattr_np(pthread_self(), &own), 0);
    void* low = nullptr;
    size_t bytes = 0;
    ASSERT_EQ(pthread_attr_getstack(&own, &low, &bytes), 0);
    pthread_attr_destroy(&own);
    check(reinterpret_cast<uintptr_t>(low), bytes);
  }).join();
}

TEST(UnwindFrom, RandomRegistersNeverFault) {
  uint64_t random = 88172645463325252;
  const auto next = [&random] {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return random;
  };
  const auto code = reinterpret_cast<uintptr_t>(&CompareHere);
  const auto stack = reinterpret_cast<uintptr_t>(&random);
  for (int i = 0; i < 200000; ++i) {
    Registers from;
    from.pc = i % 2 == 0 ? code + next() % 65536 : next() >> (next() % 64);
    from.sp = stack + (next() % 4096) * 8;
    from.rbp = i % 3 == 0 ? next() : stack + next() % 65536;
    from.rbx = i % 5 == 0 ? next() : stack + next() % 65536;
    uintptr_t pcs[64];
    ASSERT_LE(UnwindFrom(from, ThreadStackBounds(), pcs, 64).depth, 64u);
  }
}

// The copy is at another address than the original stack. Copied by the kernel: AddressSanitizer
// rejects reads between variables.
std::vector<char> CopyOf(uintptr_t address, size_t bytes) {
  std::vector<char> copy(bytes);
  EXPECT_EQ(sys::CopyOwnMemory(address, copy.data(), bytes), bytes);
  return copy;
}

TEST(UnwindCopy, AgreesWithTheStackThatWasCopied) {
  Recurse(30, [] {
    const Registers here = CaptureRegisters();
    const uintptr_t high = ThreadStackBounds().high;
    uintptr_t own[256], copied[256];
    const UnwindResult direct = UnwindFrom(here, ThreadStackBounds(), own, 256);
    const std::vector<char> copy = CopyOf(here.sp, std::min(high - here.sp, uintptr_t{60000}));
    const UnwindResult result = UnwindCopy(here, {copy.data(), copy.size(), {}}, copied, 256);
    EXPECT_GT(result.depth, 30u);
    EXPECT_LE(result.depth, direct.depth);
    EXPECT_TRUE(std::equal(copied, copied + result.depth, own));
  });
}

TEST(UnwindCopy, ACopyThatIsTooShortEndsTheWalk) {
  Recurse(30, [] {
    const Registers here = CaptureRegisters();
    uintptr_t pcs[256];
    for (size_t bytes = 0; bytes < 2048; bytes += 8) {
      const std::vector<char> copy = CopyOf(here.sp, bytes);
      ASSERT_LE(UnwindCopy(here, {copy.data(), copy.size(), {}}, pcs, 256).depth, bytes / 8 + 1);
    }
  });
}

TEST(FindRow, IsServedFromTheCacheTheSecondTime) {
  const auto pc = reinterpret_cast<uintptr_t>(&CompareHere) + 1;
  const uint64_t first = FindPackedRow(pc, pc);
  const uint64_t misses = row_cache_misses();
  EXPECT_EQ(FindPackedRow(pc, pc), first);
  EXPECT_EQ(row_cache_misses(), misses);
  ForgetRows();
  EXPECT_EQ(FindPackedRow(pc, pc), first);
  EXPECT_EQ(row_cache_misses(), misses + 1);
}

}  // namespace
}  // namespace pprof::signal_safe
