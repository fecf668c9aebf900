// Frames derived from machine code, at each instruction of functions without tables.
#include "profiler/signal_safe/unwind/code/code_frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "profiler/signal_safe/unwind/code/instruction.h"
#include "profiler/signal_safe/unwind/code/return_address.h"

namespace pprof::signal_safe {
namespace {

using Bytes = std::vector<uint8_t>;

UnwindRow RowAt(const Bytes& code, size_t offset) {
  return RowOfCode(reinterpret_cast<uintptr_t>(code.data()) + offset, FdeTable{});
}

void ExpectCfa(const UnwindRow& row, int base, int32_t offset) {
  EXPECT_EQ(row.cfa, CfaRule::kCode);
  EXPECT_EQ(row.base, base);
  EXPECT_EQ(row.offset, offset);
}

TEST(CodeFrame, OfAFunctionWithAFramePointer) {
  //                   0     1                4                    8                 12    13
  const Bytes code = {0x55, 0x48, 0x89, 0xE5, 0x48, 0x83, 0xEC,
                      32,   0x8B, 0x45, 0xF8, 0x90, 0xC9, 0xC3};
  ExpectCfa(RowAt(code, 0), dwarf_register::kRsp, 8);
  ExpectCfa(RowAt(code, 1), dwarf_register::kRsp, 16);
  EXPECT_EQ(RowAt(code, 1).rbp.rule, Saved::kAtCfa);
  EXPECT_EQ(RowAt(code, 1).rbp.offset, -16);
  ExpectCfa(RowAt(code, 4), dwarf_register::kRbp, 16);
  ExpectCfa(RowAt(code, 8), dwarf_register::kRbp, 16);
  ExpectCfa(RowAt(code, 12), dwarf_register::kRbp, 16);
  ExpectCfa(RowAt(code, 13), dwarf_register::kRsp, 8);
  EXPECT_EQ(RowAt(code, 13).rbp.rule, Saved::kSame);
}

TEST(CodeFrame, OfAFunctionWithout) {
  // push rbx; sub rsp, 0x120; mov rbx, rdi; add rsp, 0x120; pop rbx; ret
  const Bytes code = {0x53, 0x48, 0x81, 0xEC, 0x20, 1, 0, 0, 0x48, 0x89,
                      0xFB, 0x48, 0x81, 0xC4, 0x20, 1, 0, 0, 0x5B, 0xC3};
  ExpectCfa(RowAt(code, 0), dwarf_register::kRsp, 8);
  ExpectCfa(RowAt(code, 1), dwarf_register::kRsp, 16);
  ExpectCfa(RowAt(code, 8), dwarf_register::kRsp, 0x130);
  EXPECT_EQ(RowAt(code, 8).rbx.rule, Saved::kAtCfa);
  EXPECT_EQ(RowAt(code, 8).rbx.offset, -16);
  ExpectCfa(RowAt(code, 18), dwarf_register::kRsp, 16);
  ExpectCfa(RowAt(code, 19), dwarf_register::kRsp, 8);
}

TEST(CodeFrame, BehindALoop) {
  // push rbp; l: dec rsi; jnz l; pop rbp; ret
  const Bytes code = {0x55, 0x48, 0xFF, 0xCE, 0x75, 0xFB, 0x5D, 0xC3};
  ExpectCfa(RowAt(code, 1), dwarf_register::kRsp, 16);
  ExpectCfa(RowAt(code, 4), dwarf_register::kRsp, 16);
}

// jmp straight to itself, and the return behind the branch before it.
TEST(CodeFrame, BehindABranchWhenThereIsNoReturnStraightOn) {
  const Bytes code = {0x50, 0x74, 0x02, 0xEB, 0xFE, 0x58, 0xC3};
  ExpectCfa(RowAt(code, 1), dwarf_register::kRsp, 16);
}

TEST(CodeFrame, OfAStubOfALinkageTable) {
  const Bytes jump = {0xF3, 0x0F, 0x1E, 0xFA, 0xFF, 0x25, 0, 1, 0, 0};  // endbr64; jmp *slot(%rip)
  ExpectCfa(RowAt(jump, 0), dwarf_register::kRsp, 8);
  ExpectCfa(RowAt(jump, 4), dwarf_register::kRsp, 8);
  // The first stub: push slot(%rip); jmp *slot(%rip); and one that leads to it: push $1; jmp.
  const Bytes lazy = {0xFF, 0x35, 0, 1, 0, 0, 0xFF, 0x25, 0,    1,    0,
                      0,    0x68, 1, 0, 0, 0, 0xE9, 0xEA, 0xFF, 0xFF, 0xFF};
  ExpectCfa(RowAt(lazy, 12), dwarf_register::kRsp, 8);
  ExpectCfa(RowAt(lazy, 17), dwarf_register::kRsp, 16);
  ExpectCfa(RowAt(lazy, 0), dwarf_register::kRsp, 16);
  ExpectCfa(RowAt(lazy, 6), dwarf_register::kRsp, 24);
}

TEST(CodeFrame, CodeThatLeadsNowhereSaysNothing) {
  EXPECT_EQ(RowAt({0xF4}, 0).cfa, CfaRule::kNoEntry);                    // hlt
  EXPECT_EQ(RowAt({0xEB, 0xFE}, 0).cfa, CfaRule::kNoEntry);              // for ever
  EXPECT_EQ(RowAt({0x48, 0x89, 0xC4, 0xC3}, 0).cfa, CfaRule::kNoEntry);  // mov rsp, rax; ret
  EXPECT_EQ(RowOfCode(4096, FdeTable{}).cfa, CfaRule::kNoEntry) << "not readable";
}

TEST(Instruction, Lengths) {
  const Bytes kInstructions[] = {
      {0x90},
      {0x48, 0xB8, 1, 2, 3, 4, 5, 6, 7, 8},           // movabs
      {0x66, 0xB8, 1, 2},                             // mov ax
      {0x48, 0x8B, 0x84, 0x24, 1, 2, 3, 4},           // mov rax, [rsp + n]
      {0x8B, 0x04, 0x25, 1, 2, 3, 4},                 // mov eax, [n]
      {0xF7, 0x05, 1, 2, 3, 4, 5, 6, 7, 8},           // test dword [rip + n], n
      {0xF7, 0x1D, 1, 2, 3, 4},                       // neg dword [rip + n]
      {0x66, 0x0F, 0x3A, 0x0F, 0xC1, 8},              // palignr
      {0xC4, 0xE2, 0x79, 0x18, 0x05, 1, 2, 3, 4},     // vbroadcastss
      {0xC4, 0xE3, 0x7D, 0x39, 0xC1, 1},              // vextracti128
      {0xC5, 0xF8, 0x77},                             // vzeroupper
      {0x62, 0xF1, 0x7C, 0x48, 0x10, 0x44, 0x24, 1},  // vmovups zmm0, [rsp + n]
      {0x0F, 0x84, 1, 2, 3, 4},                       // je
      {0xC8, 1, 2, 3},                                // enter
      {0xF3, 0x0F, 0x1E, 0xFA},                       // endbr64
  };
  for (const Bytes& bytes : kInstructions) {
    Instruction instruction;
    ASSERT_TRUE(Decode(bytes.data(), bytes.size(), &instruction)) << int{bytes[0]};
    EXPECT_EQ(instruction.length, bytes.size()) << int{bytes[0]};
    for (size_t shorter = 0; shorter < bytes.size(); ++shorter) {
      EXPECT_FALSE(Decode(bytes.data(), shorter, &instruction) && instruction.length > shorter)
          << int{bytes[0]};
    }
  }
}

TEST(ReturnAddress, FollowsACallOfAnyForm) {
  const Bytes kCalls[] = {
      {0xE8, 1, 2, 3, 4},
      {0xFF, 0xD0},
      {0x41, 0xFF, 0xD3},
      {0xFF, 0x50, 8},
      {0xFF, 0x54, 0x24, 8},
      {0xFF, 0x15, 1, 2, 3, 4},
      {0xFF, 0x94, 0xC8, 1, 2, 3, 4},
  };
  for (const Bytes& call : kCalls) {
    Bytes code(32, 0x90);
    std::copy(call.rbegin(), call.rend(), code.rbegin());
    EXPECT_TRUE(FollowsCall(reinterpret_cast<uintptr_t>(code.data() + code.size())))
        << int{call[1]};
  }
  const Bytes code(16, 0x90);
  EXPECT_FALSE(FollowsCall(reinterpret_cast<uintptr_t>(code.data() + code.size())));
  EXPECT_FALSE(FollowsCall(8));
}

}  // namespace
}  // namespace pprof::signal_safe
