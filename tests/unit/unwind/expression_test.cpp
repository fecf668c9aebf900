// Expressions as unwind tables have them. Numbers: DWARF 5, table 7.9.
#include "profiler/signal_safe/unwind/cfi/expression.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/unwind/made_up_record.h"

namespace pprof::signal_safe {
namespace {

constexpr uintptr_t kReadable = 0x7000;

bool LoadTwice(void*, uintptr_t address, uintptr_t* value) {
  *value = 2 * address;
  return address >= kReadable;
}

struct Result {
  Evaluation state;
  uintptr_t value = 0;
};

// Register n holds 0x1000 * n; all but r12 are known.
Result OutcomeOf(const Code& code, const uintptr_t* top = nullptr) {
  Code with_length = {static_cast<uint8_t>(code.size())};
  with_length.insert(with_length.end(), code.begin(), code.end());
  RegisterFile registers;
  for (int i = 0; i < dwarf_register::kCount; ++i) registers.Set(i, 0x1000 * uintptr_t(i));
  registers.Forget(12);
  const MemoryReader memory{LoadTwice, nullptr};
  Result result{};
  result.state = Evaluate(with_length.data(), registers, memory, top, &result.value);
  return result;
}

uintptr_t ValueOf(const Code& code) {
  const Result result = OutcomeOf(code);
  EXPECT_EQ(result.state, Evaluation::kDone);
  return result.value;
}

constexpr uintptr_t Minus(uintptr_t value) { return -value; }

TEST(Expression, Constants) {
  EXPECT_EQ(ValueOf({0x30}), 0u);
  EXPECT_EQ(ValueOf({0x4F}), 31u);
  EXPECT_EQ(ValueOf({0x03, 1, 2, 3, 4, 5, 6, 7, 8}), 0x0807060504030201u);
  EXPECT_EQ(ValueOf({0x08, 0xFF}), 255u);
  EXPECT_EQ(ValueOf({0x09, 0xFF}), Minus(1));
  EXPECT_EQ(ValueOf({0x0A, 0xFE, 0xFF}), 65534u);
  EXPECT_EQ(ValueOf({0x0B, 0xFE, 0xFF}), Minus(2));
  EXPECT_EQ(ValueOf({0x0C, 0xFD, 0xFF, 0xFF, 0xFF}), 0xFFFFFFFDu);
  EXPECT_EQ(ValueOf({0x0D, 0xFD, 0xFF, 0xFF, 0xFF}), Minus(3));
  EXPECT_EQ(ValueOf({0x0F, 1, 2, 3, 4, 5, 6, 7, 8}), 0x0807060504030201u);
  EXPECT_EQ(ValueOf({0x10, 0xE5, 0x8E, 0x26}), 624485u);
  EXPECT_EQ(ValueOf({0x11, 0x80, 0x7F}), Minus(128));
}

TEST(Expression, RegistersAndMemory) {
  EXPECT_EQ(ValueOf({0x76, 0x70}), 0x6000u - 16);    // rbp - 16
  EXPECT_EQ(ValueOf({0x80, 0}), 0x10000u);           // the program counter
  EXPECT_EQ(ValueOf({0x92, 9, 8}), 0x9008u);         // r9 + 8
  EXPECT_EQ(ValueOf({0x77, 8, 0x06}), 2 * 0x7008u);  // what is at rsp + 8
  EXPECT_EQ(ValueOf({0x78, 0x7C, 0x94, 1}), 0xF8u);  // one byte of it
  EXPECT_EQ(OutcomeOf({0x7C, 0}).state, Evaluation::kUnknownRegister);
  EXPECT_EQ(OutcomeOf({0x92, 33, 0}).state, Evaluation::kUnknownRegister);
  EXPECT_EQ(OutcomeOf({0x70, 0, 0x06}).state, Evaluation::kUnreadable);
}

TEST(Expression, Arithmetic) {
  const struct {
    uint8_t operation;
    uintptr_t of_17_and_5, of_minus_17_and_5;
  } kCases[] = {
      {0x1A, 1, Minus(17) & 5},
      {0x1B, 3, Minus(3)},
      {0x1C, 12, Minus(22)},
      {0x1D, 2, Minus(17) % 5},
      {0x1E, 85, Minus(85)},
      {0x21, 21, Minus(17) | 5},
      {0x22, 22, Minus(12)},
      {0x24, 544, Minus(544)},
      {0x25, 0, Minus(17) >> 5},
      {0x26, 0, Minus(1)},
      {0x27, 20, Minus(17) ^ 5},
      {0x29, 0, 0},
      {0x2A, 1, 0},
      {0x2B, 1, 0},
      {0x2C, 0, 1},
      {0x2D, 0, 1},
      {0x2E, 1, 1},
  };
  for (const auto& one : kCases) {
    EXPECT_EQ(ValueOf({0x41, 0x35, one.operation}), one.of_17_and_5) << int{one.operation};
    EXPECT_EQ(ValueOf({0x09, 0xEF, 0x35, one.operation}), one.of_minus_17_and_5)
        << int{one.operation};
  }
  EXPECT_EQ(ValueOf({0x09, 0xEF, 0x19}), 17u);       // abs
  EXPECT_EQ(ValueOf({0x41, 0x1F}), Minus(17));       // neg
  EXPECT_EQ(ValueOf({0x41, 0x20}), ~uintptr_t{17});  // not
  EXPECT_EQ(ValueOf({0x41, 0x23, 0x80, 1}), 145u);   // plus_uconst
}

TEST(Expression, ArithmeticWithoutAResultIsNotAnError) {
  EXPECT_EQ(OutcomeOf({0x41, 0x30, 0x1B}).state, Evaluation::kUnsupported) << "by 0";
  EXPECT_EQ(OutcomeOf({0x41, 0x30, 0x1D}).state, Evaluation::kUnsupported) << "by 0";
  // The most negative number by -1.
  EXPECT_EQ(ValueOf({0x0F, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x09, 0xFF, 0x1B}), uintptr_t{1} << 63);
  EXPECT_EQ(ValueOf({0x41, 0x08, 64, 0x24}), 0u);
  EXPECT_EQ(ValueOf({0x41, 0x08, 200, 0x25}), 0u);
  EXPECT_EQ(ValueOf({0x09, 0xEF, 0x08, 200, 0x26}), Minus(1));
}

TEST(Expression, StackOperations) {
  EXPECT_EQ(ValueOf({0x31, 0x32, 0x12, 0x22}), 4u);              // dup
  EXPECT_EQ(ValueOf({0x31, 0x32, 0x13}), 1u);                    // drop
  EXPECT_EQ(ValueOf({0x31, 0x32, 0x14}), 1u);                    // over
  EXPECT_EQ(ValueOf({0x31, 0x32, 0x33, 0x15, 2}), 1u);           // pick
  EXPECT_EQ(ValueOf({0x31, 0x32, 0x16, 0x1C}), 1u);              // swap: 2 - 1
  EXPECT_EQ(ValueOf({0x31, 0x32, 0x33, 0x17, 0x1C, 0x1C}), 4u);  // rot: 3 - (1 - 2)
}

TEST(Expression, Branches) {
  EXPECT_EQ(ValueOf({0x31, 0x28, 1, 0, 0x32, 0x33}), 3u);  // taken, over lit2
  EXPECT_EQ(ValueOf({0x30, 0x28, 1, 0, 0x32}), 2u);        // not taken
  EXPECT_EQ(ValueOf({0x2F, 1, 0, 0x32, 0x33, 0x96}), 3u);  // skip, nop
  EXPECT_EQ(OutcomeOf({0x2F, 0xFD, 0xFF}).state, Evaluation::kUnsupported) << "for ever";
  EXPECT_EQ(OutcomeOf({0x2F, 0xFC, 0xFF}).state, Evaluation::kUnsupported) << "before the begin";
  EXPECT_EQ(OutcomeOf({0x2F, 1, 0}).state, Evaluation::kUnsupported) << "behind the end";
}

TEST(Expression, BeginsWithTheFrameAddressWhenItIsARegisters) {
  const uintptr_t cfa = 0x8000;
  EXPECT_EQ(OutcomeOf({0x09, 0xF0, 0x22}, &cfa).value, cfa - 16);
}

TEST(Expression, BadOnesAreNotEvaluated) {
  EXPECT_EQ(OutcomeOf({}).state, Evaluation::kUnsupported);
  EXPECT_EQ(OutcomeOf({0x22}).state, Evaluation::kUnsupported) << "no operands";
  EXPECT_EQ(OutcomeOf({0x31, 0x17}).state, Evaluation::kUnsupported);
  EXPECT_EQ(OutcomeOf({0x31, 0x15, 1}).state, Evaluation::kUnsupported);
  EXPECT_EQ(OutcomeOf(Code(17, 0x31)).state, Evaluation::kUnsupported) << "17 deep";
  EXPECT_EQ(OutcomeOf({0x77, 0, 0x94, 9}).state, Evaluation::kUnsupported);
  EXPECT_EQ(OutcomeOf({0xE0}).state, Evaluation::kUnsupported) << "a vendor's";
  EXPECT_EQ(OutcomeOf({0x0C, 1, 2}).state, Evaluation::kUnsupported) << "ends in a number";
}

}  // namespace
}  // namespace pprof::signal_safe
