// Reads of a waiting thread's stack that go as the test says; the stack itself is this thread's
// own.
#include "profiler/profiles/threads/blocked_stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "profiler/signal_safe/unwind/unwind.h"
#include "profiler/sys/memory/own_memory.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::profiles {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int32_t kTid = 5;

struct Script {
  std::vector<uint64_t> clocks = {100};  // one a look; the last one stays
  bool gone_at_the_end = false;          // after the last of them
  sys::TaskRead read = sys::TaskRead::kOk;
  sys::TaskSyscall call;
  size_t readable = SIZE_MAX;     // bytes of the stack; it ends there
  std::vector<uintptr_t> copied;  // where the copies begin, from the stack pointer on
  size_t looks = 0;
};

class ScriptedTask {
 public:
  explicit ScriptedTask(Script* script) : script_(script) {}

  bool CpuNanos(int32_t tid, uint64_t* nanos) const {
    EXPECT_EQ(tid, kTid);
    const size_t look = script_->looks++;
    const size_t last = script_->clocks.size() - 1;
    if (script_->gone_at_the_end && look > last) return false;
    *nanos = script_->clocks[std::min(look, last)];
    return true;
  }
  sys::TaskRead ReadSyscall(int32_t, sys::TaskSyscall* call) const {
    *call = script_->call;
    return script_->read;
  }
  size_t CopyMemory(uintptr_t address, void* to, size_t bytes) const {
    const uintptr_t offset = address - script_->call.sp;
    script_->copied.push_back(offset);
    const size_t left = offset < script_->readable ? script_->readable - offset : 0;
    return sys::CopyOwnMemory(address, to, std::min(bytes, left));
  }

 private:
  Script* script_;
};

BlockedRead Read(Script& script, BlockedStack* stack) {
  BlockedStackReaderOf<ScriptedTask> reader((ScriptedTask(&script)));
  return reader.Read(kTid, stack);
}

// As if this thread waited in the kernel, called from here.
__attribute__((always_inline)) inline signal_safe::Registers WaitHere(Script& script) {
  const signal_safe::Registers here = signal_safe::CaptureRegisters();
  script.call.in_kernel = true;
  script.call.number = 7;
  script.call.pc = here.pc;
  script.call.sp = here.sp;
  return here;
}

template <class Leaf>
__attribute__((noinline)) int Recurse(int depth, size_t frame_bytes, const Leaf& leaf) {
  auto* volatile block = static_cast<char*>(__builtin_alloca(frame_bytes));
  block[0] = 1;
  if (depth == 0) {
    leaf();
  } else {
    Recurse(depth - 1, frame_bytes, leaf);
  }
  return block[0];
}

TEST(BlockedStack, IsThatOfTheThreadThatWaits) {
  Recurse(20, 16, [] {
    Script script;
    const signal_safe::Registers here = WaitHere(script);
    uintptr_t expected[signal_safe::kMaxStackDepth];
    const signal_safe::UnwindResult walked = signal_safe::UnwindFrom(
        here, signal_safe::ThreadStackBounds(), expected, signal_safe::kMaxStackDepth);
    BlockedStack stack;
    ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
    EXPECT_GT(stack.pcs.size(), 20u);
    EXPECT_EQ(stack.pcs, std::vector<uintptr_t>(expected, expected + walked.depth));
    EXPECT_EQ(stack.end, walked.end);
    EXPECT_EQ(stack.cpu_nanos, 100u);
    EXPECT_EQ(stack.call.number, 7);
    EXPECT_EQ(script.looks, 2u);
  });
}

TEST(BlockedStack, AStackThatEndsInTheFirstCopyIsNotCopiedAgain) {
  if (sys::SanitizerIsPresent()) GTEST_SKIP() << "its frames need further copies";
  Script script;
  const signal_safe::Registers here = WaitHere(script);
  ASSERT_LT(signal_safe::ThreadStackBounds().high - here.sp, StackWindows::kWindowBytes);
  BlockedStack stack;
  ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
  EXPECT_THAT(script.copied, ElementsAre(0));
}

TEST(BlockedStack, OfAThreadThatIsGone) {
  Script script;
  script.gone_at_the_end = true;
  script.clocks.resize(1);
  script.looks = 1;
  BlockedStack stack;
  EXPECT_EQ(Read(script, &stack), BlockedRead::kGone);
  script = Script();
  script.read = sys::TaskRead::kGone;
  EXPECT_EQ(Read(script, &stack), BlockedRead::kGone);
  EXPECT_THAT(script.copied, IsEmpty());
}

TEST(BlockedStack, OfAThreadThatEndsWhileItIsCopied) {
  Script script;
  WaitHere(script);
  script.gone_at_the_end = true;
  BlockedStack stack;
  EXPECT_EQ(Read(script, &stack), BlockedRead::kGone);
  EXPECT_THAT(script.copied, ElementsAre(0));
}

TEST(BlockedStack, OfAThreadThatRunsIsNotCopied) {
  Script script;
  BlockedStack stack;
  EXPECT_EQ(Read(script, &stack), BlockedRead::kRunning);
  EXPECT_THAT(script.copied, IsEmpty());
}

// The copy may be of two moments, however short the run was. A clock that went back is that of
// another thread, which has the number now.
TEST(BlockedStack, OfAThreadThatRanMeanwhileIsNotBelieved) {
  for (const uint64_t after : {101, 99}) {
    Script script;
    WaitHere(script);
    script.clocks = {100, after};
    BlockedStack stack;
    EXPECT_EQ(Read(script, &stack), BlockedRead::kRunning);
    EXPECT_THAT(stack.pcs, IsEmpty());
  }
}

TEST(BlockedStack, WhereProcOrTheCopyIsRefused) {
  Script script;
  script.read = sys::TaskRead::kRefused;
  BlockedStack stack;
  EXPECT_EQ(Read(script, &stack), BlockedRead::kRefused);
  script = Script();
  WaitHere(script);
  script.readable = 0;
  EXPECT_EQ(Read(script, &stack), BlockedRead::kRefused);
  EXPECT_THAT(script.copied, ElementsAre(0));
}

TEST(BlockedStack, ALongStackIsCopiedPieceByPiece) {
  Recurse(20, 2000, [] {
    Script script;
    WaitHere(script);
    BlockedStack stack;
    ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
    EXPECT_THAT(script.copied, SizeIs(::testing::AllOf(::testing::Ge(3), ::testing::Le(6))));
    EXPECT_EQ(script.looks, 2u);
    EXPECT_EQ(stack.end, signal_safe::StackEnd::kRoot);
  });
}

// Only the ends of such frames are copied.
TEST(BlockedStack, FramesMayBeAsLargeAsTheyLike) {
  Recurse(3, size_t{1} << 20, [] {
    Script script;
    WaitHere(script);
    BlockedStack stack;
    ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
    EXPECT_THAT(script.copied, SizeIs(::testing::Le(8)));
    EXPECT_EQ(stack.end, signal_safe::StackEnd::kRoot);
  });
}

TEST(BlockedStack, AStackThatEndsEarlySaysSo) {
  Recurse(20, 200, [] {
    Script script;
    WaitHere(script);
    script.readable = 1600;  // some of the frames
    BlockedStack stack;
    ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
    // Sanitizers give this function a frame pointer, and it cannot be guessed from so little.
    EXPECT_THAT(stack.end, ::testing::AnyOf(signal_safe::StackEnd::kBrokenFrame,
                                            signal_safe::StackEnd::kUnknownRegister));
    EXPECT_LT(stack.pcs.size(), 20u);
    EXPECT_EQ(stack.pcs[0], script.call.pc);
  });
}

TEST(BlockedStack, DeepStacksAreCutAtTheRoot) {
  Recurse(300, 16, [] {
    Script script;
    WaitHere(script);
    BlockedStack stack;
    ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
    EXPECT_EQ(stack.end, signal_safe::StackEnd::kTruncated);
    EXPECT_EQ(stack.pcs.size(), signal_safe::kMaxStackDepth);
  });
}

// A frame's saved rbp and its return address.
struct SavedFrame {
  uintptr_t rbp;
  uintptr_t return_address;
};

// Its unwind rules need rbp, which nothing below it has saved. `left_behind` stands for the
// frame of a function that has returned.
template <class Then>
__attribute__((noinline)) int WaitWithFramePointer(Script& script, SavedFrame left_behind,
                                                   const Then& then) {
  volatile size_t bytes = 64;
  auto* volatile block = static_cast<SavedFrame*>(__builtin_alloca(bytes));
  block[0] = block[1] = left_behind;
  WaitHere(script);
  then();
  return block[0].rbp != 0;
}

// The kernel tells nothing about it: the reader guesses it from the stack.
TEST(BlockedStack, AFrameThatHangsOnRbpIsWalked) {
  Recurse(20, 64, [] {
    Script script;
    WaitWithFramePointer(script, {}, [&script] {
      BlockedStack stack;
      ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
      EXPECT_GT(stack.pcs.size(), 20u);
      EXPECT_EQ(stack.end, signal_safe::StackEnd::kRoot);
    });
  });
}

// It leads to the end of the stack as well, and stands before the right one.
__attribute__((noinline)) void RecurseOverTheFrameOf(const SavedFrame* outer) {
  Recurse(20, 64, [outer] {
    Script script;
    WaitWithFramePointer(script, *outer, [&script] {
      BlockedStack stack;
      ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
      EXPECT_GT(stack.pcs.size(), 20u);
    });
  });
  __asm__ volatile("");
}

TEST(BlockedStack, WhatAnotherFrameLeftBehindIsNotTakenForRbp) {
  RecurseOverTheFrameOf(static_cast<const SavedFrame*>(__builtin_frame_address(0)));
}

// No word of the copy could be the frame pointer: only the place itself is sure.
TEST(BlockedStack, WithoutAFramePointerThereIsTheLeaf) {
  Script script;
  WaitWithFramePointer(script, {}, [&script] {
    script.readable = 16;
    BlockedStack stack;
    ASSERT_EQ(Read(script, &stack), BlockedRead::kOk);
    EXPECT_EQ(stack.pcs, std::vector<uintptr_t>{script.call.pc});
  });
}

}  // namespace
}  // namespace pprof::profiles
