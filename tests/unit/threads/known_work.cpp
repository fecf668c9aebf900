#include "tests/unit/threads/known_work.h"

#include "tests/unit/threads/parked_thread.h"

#define NOINLINE __attribute__((noinline))
// After a function's last call: prevents a tail call, which would remove the frame.
#define KEEP_FRAME __asm__ volatile("")

namespace pprof::testing {
namespace {

inline void BurnUntil(uint64_t end) {
  while (OwnCpuNanos() < end) {
    for (int i = 0; i < 2000; ++i) __asm__ volatile("" : : "r"(i));
  }
}

__attribute__((always_inline)) inline void InlinedCaller(const std::function<void()>& leaf) {
  leaf();
  KEEP_FRAME;
}

NOINLINE void TailCalled(const std::function<void()>& leaf) {
  leaf();
  KEEP_FRAME;
}

}  // namespace

NOINLINE void Hog1(uint64_t nanos) {
  BurnUntil(OwnCpuNanos() + nanos);
  KEEP_FRAME;
}

NOINLINE void Hog2(uint64_t nanos) {
  BurnUntil(OwnCpuNanos() + nanos);
  KEEP_FRAME;
}

NOINLINE void RunHogs(const std::atomic<bool>& stop, HogTruth& truth) {
  constexpr uint64_t kPart = 1000000;
  while (!stop.load()) {
    const uint64_t begin = OwnCpuNanos();
    Hog1(2 * kPart);
    const uint64_t middle = OwnCpuNanos();
    Hog2(kPart);
    truth.hog1 += middle - begin;
    truth.hog2 += OwnCpuNanos() - middle;
  }
  KEEP_FRAME;
}

NOINLINE void Recurse(int depth, const std::function<void()>& leaf) {
  if (depth == 0) {
    leaf();
  } else {
    Recurse(depth - 1, leaf);
  }
  KEEP_FRAME;
}

NOINLINE void CallThroughInlined(const std::function<void()>& leaf) {
  InlinedCaller(leaf);
  KEEP_FRAME;
}

NOINLINE void CallByTailCall(const std::function<void()>& leaf) { TailCalled(leaf); }

}  // namespace pprof::testing
