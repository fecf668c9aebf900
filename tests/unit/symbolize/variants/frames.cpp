// Ten functions of kinds that symbolizers get wrong. Each stores its address and line in the
// section "known_frames", which survives stripping; so the test knows the expected frames, whatever
// the compiler does. "CALL name" marks the line that calls an inlined function.
#include <cstdio>

#define MARK(id)                             \
  asm volatile(                              \
      "1: nop\n\t"                           \
      ".pushsection known_frames,\"aR\"\n\t" \
      ".long 1b - ., %c0, %c1\n\t"           \
      ".popsection" ::"i"(id),               \
      "i"(__LINE__))
#define NOINLINE __attribute__((noinline))
#define INLINE __attribute__((always_inline))

volatile int sink;

NOINLINE static void StaticFunction(int x) {
  MARK(0);
  sink = x;
}

namespace {
NOINLINE void Hidden(int x) {
  MARK(1);
  sink = x + 1;
}
}  // namespace

NOINLINE void CallLambda(int x) {
  auto lambda = [](int y) NOINLINE {
    MARK(2);
    sink = y + 2;
  };
  lambda(x);
}

INLINE inline void Inlined(int x) {
  MARK(3);
  sink = x + 3;
}

NOINLINE void InlineCaller(int x) {
  Inlined(x);  // CALL Inlined
  sink = x;
}

NOINLINE void CallInlinedLambda(int x) {
  auto lambda = [](int y) INLINE {
    MARK(4);
    sink = y + 4;
  };
  lambda(x);  // CALL lambda
  sink = x;
}

NOINLINE void LocalClass(int x) {
  struct Local {
    NOINLINE void Run(int y) {
      MARK(5);
      sink = y + 5;
    }
  };
  Local().Run(x);
}

template <typename T>
NOINLINE void Template(T x) {
  MARK(6);
  sink = static_cast<int>(x) + 6;
}

namespace ns {
class Box {
 public:
  NOINLINE explicit Box(int x) : x_(x) {
    MARK(8);
    sink = x + 8;
  }
  NOINLINE bool operator<(const Box& other) const {
    MARK(7);
    sink = x_ + 7;
    return x_ < other.x_;
  }

 private:
  int x_;
};
}  // namespace ns

NOINLINE void Last(int x) { sink = x; }

NOINLINE void Tail(int x) {
  MARK(9);
  sink = x + 9;
  Last(x + 1);
}

int main(int argc, char**) {
  StaticFunction(argc);
  Hidden(argc);
  CallLambda(argc);
  InlineCaller(argc);
  CallInlinedLambda(argc);
  LocalClass(argc);
  Template<long>(argc);
  sink = ns::Box(argc) < ns::Box(argc + 1);
  Tail(argc);
  return 0;
}
