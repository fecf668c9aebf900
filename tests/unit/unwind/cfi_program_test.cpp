// Call frame instructions of made-up records, at each address. Numbers: DWARF 5, table 7.29.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/unwind/made_up_record.h"

namespace pprof::signal_safe {
namespace {

FrameRules RulesAt(const MadeUpRecord& record, uint64_t offset) {
  FrameRules rules;
  uint64_t next = 0;
  EXPECT_EQ(record.RulesAt(offset, &rules, &next), NoRules::kNone);
  return rules;
}

NoRules ProblemOf(const MadeUpRecord& record) {
  FrameRules rules;
  uint64_t next = 0;
  return record.RulesAt(0, &rules, &next);
}

void ExpectCfa(const FrameRules& rules, int base, int64_t offset) {
  EXPECT_TRUE(rules.has_cfa);
  EXPECT_FALSE(rules.cfa_is_expression);
  EXPECT_EQ(rules.cfa_register, base);
  EXPECT_EQ(rules.cfa_offset, offset);
}

void ExpectRegister(const FrameRules& rules, int number, RegisterRule rule, int32_t value) {
  EXPECT_EQ(rules.rules[number], rule) << "register " << number;
  EXPECT_EQ(rules.values[number], value) << "register " << number;
}

TEST(CfiProgram, RulesChangeAtTheirAddresses) {
  // push rbp at 0, mov rsp, rbp at 1, 300 bytes on: pop.
  const MadeUpRecord record({0x41, 0x0E, 16, 0x86, 2, 0x43, 0x0D, 6, 0x02, 0x80, 0x0C, 7, 8, 0xC6});
  ExpectCfa(RulesAt(record, 0), 7, 8);
  ExpectCfa(RulesAt(record, 1), 7, 16);
  ExpectCfa(RulesAt(record, 3), 7, 16);
  ExpectCfa(RulesAt(record, 4), 6, 16);
  ExpectRegister(RulesAt(record, 4), 6, RegisterRule::kOffset, -16);
  ExpectCfa(RulesAt(record, 0x83), 6, 16);
  ExpectCfa(RulesAt(record, 0x84), 7, 8);
  ExpectRegister(RulesAt(record, 0x84), 6, RegisterRule::kUnspecified, 0);
  ExpectRegister(RulesAt(record, 0x84), 16, RegisterRule::kOffset, -8);
}

TEST(CfiProgram, TellsWhereTheNextRulesBegin) {
  const MadeUpRecord record({0x44, 0x0E, 16, 0x03, 0x20, 0x00, 0x0E, 8});
  FrameRules rules;
  uint64_t next = 0;
  EXPECT_EQ(record.RulesAt(0, &rules, &next), NoRules::kNone);
  EXPECT_EQ(next, MadeUpRecord::kStart + 4);
  EXPECT_EQ(record.RulesAt(5, &rules, &next), NoRules::kNone);
  EXPECT_EQ(next, MadeUpRecord::kStart + 0x24);
  EXPECT_EQ(record.RulesAt(0x24, &rules, &next), NoRules::kNone);
  EXPECT_EQ(next, MadeUpRecord::kStart + MadeUpRecord::kLength);
  EXPECT_EQ(record.RulesAt(MadeUpRecord::kLength, &rules, &next), NoRules::kNoEntry);
}

TEST(CfiProgram, EveryInstructionOfTheFrameAddress) {
  const struct {
    Code code;
    int base;
    int64_t offset;
  } kCases[] = {
      {{0x0C, 6, 16}, 6, 16},                   // DW_CFA_def_cfa
      {{0x12, 6, 0x7E}, 6, 16},                 // DW_CFA_def_cfa_sf: -2 * -8
      {{0x0D, 9}, 9, 8},                        // DW_CFA_def_cfa_register
      {{0x0E, 0x80, 0x80, 0x20}, 7, 0x80000},   // DW_CFA_def_cfa_offset
      {{0x13, 0x7C}, 7, 32},                    // DW_CFA_def_cfa_offset_sf
      {{0x0F, 1, 0x30, 0x0C, 15, 24}, 15, 24},  // an expression, replaced
      {{0x2E, 16}, 7, 8},                       // DW_CFA_GNU_args_size
      {{0x00, 0x00}, 7, 8},                     // DW_CFA_nop
      {{0x0A, 0x0E, 99, 0x0B}, 7, 8},           // remember, restore
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(std::to_string(one.code[0]));
    ExpectCfa(RulesAt(MadeUpRecord(one.code), 0), one.base, one.offset);
  }
}

TEST(CfiProgram, EveryInstructionOfARegister) {
  const struct {
    Code code;
    RegisterRule rule;
    int32_t value;
  } kCases[] = {
      {{0x83, 2}, RegisterRule::kOffset, -16},              // DW_CFA_offset of rbx
      {{0x05, 3, 3}, RegisterRule::kOffset, -24},           // DW_CFA_offset_extended
      {{0x11, 3, 0x7F}, RegisterRule::kOffset, 8},          // DW_CFA_offset_extended_sf
      {{0x2F, 3, 1}, RegisterRule::kOffset, 8},             // DW_CFA_GNU_negative_offset_extended
      {{0x14, 3, 4}, RegisterRule::kValOffset, -32},        // DW_CFA_val_offset
      {{0x15, 3, 0x7E}, RegisterRule::kValOffset, 16},      // DW_CFA_val_offset_sf
      {{0x07, 3}, RegisterRule::kUndefined, 0},             // DW_CFA_undefined
      {{0x08, 3}, RegisterRule::kSame, 0},                  // DW_CFA_same_value
      {{0x09, 3, 12}, RegisterRule::kRegister, 12},         // DW_CFA_register
      {{0x83, 2, 0x06, 3}, RegisterRule::kUnspecified, 0},  // DW_CFA_restore_extended
      {{0x83, 2, 0xC3}, RegisterRule::kUnspecified, 0},     // DW_CFA_restore
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(std::to_string(one.code[0]));
    ExpectRegister(RulesAt(MadeUpRecord(one.code), 0), 3, one.rule, one.value);
  }
  EXPECT_EQ(RulesAt(MadeUpRecord({0x10, 3, 1, 0x30}), 0).rules[3], RegisterRule::kExpression);
  EXPECT_EQ(RulesAt(MadeUpRecord({0x16, 3, 1, 0x30}), 0).rules[3], RegisterRule::kValExpression);
}

TEST(CfiProgram, RegistersWithoutUseForAWalkAreSkipped) {
  const MadeUpRecord record({0x05, 17, 3, 0x91, 2, 0x07, 0x80, 0x01, 0xD1, 0x0E, 16});
  ExpectCfa(RulesAt(record, 0), 7, 16);
}

TEST(CfiProgram, RemembersStatesInAStack) {
  const MadeUpRecord record({0x0A, 0x0E, 16, 0x0A, 0x0E, 24, 0x41, 0x0B, 0x41, 0x0B});
  ExpectCfa(RulesAt(record, 0), 7, 24);
  ExpectCfa(RulesAt(record, 1), 7, 16);
  ExpectCfa(RulesAt(record, 2), 7, 8);
  EXPECT_EQ(ProblemOf(MadeUpRecord(Code(9, 0x0A))), NoRules::kRemember);
  EXPECT_EQ(ProblemOf(MadeUpRecord({0x0B})), NoRules::kBadRecord);
}

TEST(CfiProgram, BadInstructionsAreNotGuessed) {
  EXPECT_EQ(ProblemOf(MadeUpRecord({0x3F})), NoRules::kInstruction);
  EXPECT_EQ(ProblemOf(MadeUpRecord({0x0E, 0x80})), NoRules::kBadRecord) << "ends in a number";
  EXPECT_EQ(ProblemOf(MadeUpRecord({0x0F, 9, 0x30})), NoRules::kBadRecord) << "ends too early";
  EXPECT_EQ(ProblemOf(MadeUpRecord({0x0D, 17})), NoRules::kBadRecord) << "a vector register";
  EXPECT_EQ(ProblemOf(MadeUpRecord({}, {0x90, 1})), NoRules::kBadRecord) << "no frame address";
}

TEST(CfiProgram, AnUndefinedReturnAddressNeedsNoFrameAddress) {
  EXPECT_EQ(MadeUpRecord({}, {0x07, 16}).RowAt(0).cfa, CfaRule::kEndOfStack);
}

TEST(CfiRecord, HeadsOfAllVersions) {
  EXPECT_EQ(ProblemOf(MadeUpRecord({}, UsualInitial(), {3, "zR"})), NoRules::kNone);
  EXPECT_EQ(ProblemOf(MadeUpRecord({}, UsualInitial(), {1, "", {1, 0x78, 16}, {}})),
            NoRules::kNone);
  EXPECT_EQ(ProblemOf(MadeUpRecord({}, UsualInitial(), {4, "zR", {8, 0, 1, 0x78, 16}})),
            NoRules::kNone);
  EXPECT_EQ(ProblemOf(MadeUpRecord({}, UsualInitial(), {4, "zR", {4, 0, 1, 0x78, 16}})),
            NoRules::kAugmentation)
      << "addresses of 4 bytes";
  EXPECT_EQ(ProblemOf(MadeUpRecord(
                {}, UsualInitial(),
                {1, "zPLR", {1, 0x78, 16}, {11, 0x00, 1, 2, 3, 4, 5, 6, 7, 8, 0x1B, 0}})),
            NoRules::kNone);
  EXPECT_EQ(ProblemOf(MadeUpRecord({}, UsualInitial(), {1, "eh"})), NoRules::kAugmentation);
  EXPECT_EQ(ProblemOf(MadeUpRecord({}, UsualInitial(), {1, "zRQ"})), NoRules::kAugmentation);
  EXPECT_EQ(ProblemOf(MadeUpRecord({}, UsualInitial(), {1, "zR", {1, 0x78, 6}})),
            NoRules::kReturnColumn);
}

}  // namespace
}  // namespace pprof::signal_safe
