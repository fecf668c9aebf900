// Walks through frames that compilers do not make: assembler of libraries, and code without tables.
#include <gtest/gtest.h>

#include <cstdint>

#include "profiler/signal_safe/unwind/unwind.h"

// Each calls its argument. The first three have no tables, the others a frame address that does not
// count from rsp or rbp.
extern "C" {
void CallWithFramePointer(void (*leaf)());
void CallWithoutFramePointer(void (*leaf)());
void CallBehindRealignedStack(void (*leaf)());
void CallWithFrameInR12(void (*leaf)());
void CallWithFrameInR15(void (*leaf)());
void CallWithSavedStackPointer(void (*leaf)());
// Never called: an interrupted instruction, whose frame address counts from a register that calls
// do not preserve.
extern const char kFrameInRax[], kFrameInR9[], kFrameInR11[];
}
__asm__(R"(
  .text
  .macro begin name
  .globl \name
  .hidden \name
  .type \name, @function
\name:
  .endm
  begin CallWithFramePointer
    pushq %rbp
    movq %rsp, %rbp
    subq $48, %rsp
    call *%rdi
    leave
    ret
  begin CallWithoutFramePointer
    subq $0x1238, %rsp
    call *%rdi
    addq $0x1238, %rsp
    ret
  begin CallBehindRealignedStack
    pushq %rbp
    movq %rsp, %rbp
    andq $-256, %rsp
    subq $256, %rsp
    call *%rdi
    movq %rbp, %rsp
    popq %rbp
    ret
  begin CallWithFrameInR12
    .cfi_startproc
    pushq %r12
    .cfi_def_cfa_offset 16
    .cfi_offset %r12, -16
    movq %rsp, %r12
    .cfi_def_cfa_register %r12
    subq $72, %rsp
    andq $-64, %rsp
    call *%rdi
    movq %r12, %rsp
    .cfi_def_cfa_register %rsp
    popq %r12
    .cfi_def_cfa_offset 8
    ret
    .cfi_endproc
  begin CallWithFrameInR15
    .cfi_startproc
    pushq %r15
    .cfi_def_cfa_offset 16
    .cfi_offset %r15, -16
    leaq 16(%rsp), %r15
    .cfi_def_cfa %r15, 0
    subq $88, %rsp
    andq $-64, %rsp
    call *%rdi
    leaq -16(%r15), %rsp
    .cfi_def_cfa %rsp, 16
    popq %r15
    .cfi_def_cfa_offset 8
    ret
    .cfi_endproc
  begin CallWithSavedStackPointer
    .cfi_startproc
    movq %rsp, %rax
    .cfi_def_cfa_register %rax
    subq $160, %rsp
    andq $-64, %rsp
    movq %rax, 152(%rsp)
    .cfi_escape 0x0f,0x06,0x77,0x98,0x01,0x06,0x23,0x08
    call *%rdi
    movq 152(%rsp), %rsp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
  begin FramesInVolatileRegisters
    .cfi_startproc
    .cfi_def_cfa %rax, 8
    .globl kFrameInRax
    .hidden kFrameInRax
kFrameInRax:
    nop
    .cfi_def_cfa %r9, 16
    .globl kFrameInR9
    .hidden kFrameInR9
kFrameInR9:
    nop
    .cfi_def_cfa %r11, 24
    .globl kFrameInR11
    .hidden kFrameInR11
kFrameInR11:
    nop
    ud2
    .cfi_endproc
)");

namespace pprof::signal_safe {
namespace {

uintptr_t expected;  // the return address into the test
bool found;
StackEnd ended;

__attribute__((noinline)) void WalkHere() {
  uintptr_t pcs[kMaxStackDepth];
  const UnwindResult result = UnwindOwnStack(pcs, kMaxStackDepth);
  ended = result.end;
  found = false;
  for (size_t i = 0; i < result.depth; ++i) found |= pcs[i] == expected;
}

// Keeps a frame of its own, whose return address the walk must find.
__attribute__((noinline)) void CallThrough(void (*function)(void (*)())) {
  expected = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  function(WalkHere);
  __asm__ volatile("");
}

void ExpectWholeWalk(void (*function)(void (*)())) {
  CallThrough(function);
  EXPECT_TRUE(found);
  EXPECT_EQ(ended, StackEnd::kRoot);
}

TEST(OddFrames, CodeWithoutTables) {
  ExpectWholeWalk(CallWithFramePointer);
  ExpectWholeWalk(CallWithoutFramePointer);
  ExpectWholeWalk(CallBehindRealignedStack);
}

TEST(OddFrames, FrameAddressInAPreservedRegister) {
  ExpectWholeWalk(CallWithFrameInR12);
  ExpectWholeWalk(CallWithFrameInR15);
}

TEST(OddFrames, FrameAddressInMemory) { ExpectWholeWalk(CallWithSavedStackPointer); }

void ExpectCallerOf(const char* place, int number, uintptr_t offset) {
  const auto caller = reinterpret_cast<uintptr_t>(__builtin_return_address(0));
  volatile uintptr_t stack[8] = {};
  stack[4] = caller;
  RegisterFile others;
  others.Set(number, reinterpret_cast<uintptr_t>(&stack[5]) - offset);
  Registers from;
  from.pc = reinterpret_cast<uintptr_t>(place);
  from.sp = reinterpret_cast<uintptr_t>(&stack[0]);
  from.rbp_known = from.rbx_known = false;
  from.others = &others;
  uintptr_t pcs[2] = {};
  EXPECT_EQ(UnwindFrom(from, ThreadStackBounds(), pcs, 2).depth, 2u);
  EXPECT_EQ(pcs[1], caller);
  others.Forget(number);
  const UnwindResult result = UnwindFrom(from, ThreadStackBounds(), pcs, 2);
  EXPECT_EQ(result.depth, 1u);
  EXPECT_EQ(result.end, StackEnd::kUnknownRegister);
}

TEST(OddFrames, FrameAddressInAVolatileRegister) {
  ExpectCallerOf(kFrameInRax, dwarf_register::kRax, 8);
  ExpectCallerOf(kFrameInR9, dwarf_register::kR9, 16);
  ExpectCallerOf(kFrameInR11, 11, 24);
}

}  // namespace
}  // namespace pprof::signal_safe
