// Stacks of threads that wait below a function with a frame pointer: its unwind rules need rbp,
// which the kernel does not tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/threads/known_work.h"
#include "tests/unit/threads/pipe_reader.h"

// Calls `leaf(fd)` with 1 in rbp: in code without frame pointers it is a register as any other, and
// compilers choose differently what they keep there.
extern "C" void CallWithOneInRbp(int fd, void (*leaf)(int));
__asm__(R"(
  .text
  .globl CallWithOneInRbp
  .hidden CallWithOneInRbp
  .type CallWithOneInRbp, @function
CallWithOneInRbp:
  .cfi_startproc
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %rbp, 0
  movl $1, %ebp
  call *%rsi
  popq %rbp
  .cfi_adjust_cfa_offset -8
  .cfi_restore %rbp
  ret
  .cfi_endproc
  .size CallWithOneInRbp, . - CallWithOneInRbp
)");

#define NOINLINE __attribute__((noinline))

namespace pprof::testing {
namespace {

size_t Count(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++count;
  return count;
}

TEST(GuessedRbp, BelowCodeThatHoldsANumberInRbp) {
  constexpr size_t kDepth = 3;
  const PipeReader reader([](const auto& leaf) { Recurse(kDepth, leaf); },
                          [](int fd) { CallWithOneInRbp(fd, ReadByteWithFramePointer); });
  const std::string dump = DumpOf(DumpText(), reader.thread.tid());
  EXPECT_EQ(Count(dump, "ReadByteWithFramePointer(...)"), 1u) << dump;
  EXPECT_EQ(Count(dump, "CallWithOneInRbp(...)"), 1u) << dump;
  EXPECT_EQ(Count(dump, "pprof::testing::Recurse(...)"), kDepth + 1) << dump;
  EXPECT_LT(dump.find("ReadByteWithFramePointer"), dump.find("CallWithOneInRbp"));
  EXPECT_LT(dump.find("CallWithOneInRbp"), dump.find("Recurse"));
}

// Frames of calls that returned, in memory that the thread then waits to fill.
NOINLINE void ReadAboveStaleFrames(int fd) {
  volatile size_t size = 2048;
  Recurse(20, [] { Hog1(1); });
  void* memory = alloca(size);
  EXPECT_EQ(read(fd, memory, 1), 1);
}

TEST(GuessedRbp, AboveFramesOfCallsThatReturned) {
  constexpr size_t kDepth = 3;
  const PipeReader reader([](const auto& leaf) { Recurse(kDepth, leaf); }, ReadAboveStaleFrames);
  const std::string dump = DumpOf(DumpText(), reader.thread.tid());
  EXPECT_EQ(Count(dump, "ReadAboveStaleFrames(...)"), 1u) << dump;
  EXPECT_EQ(Count(dump, "pprof::testing::Recurse(...)"), kDepth + 1) << dump;
}

}  // namespace
}  // namespace pprof::testing
