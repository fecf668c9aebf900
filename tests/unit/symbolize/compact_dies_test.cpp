// The DIEs that are kept of a unit that the test wrote, byte by byte.
#include "profiler/symbolize/dwarf/format/compact_dies.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/symbolize/unit_writer.h"

namespace pprof::symbolize {
namespace {

using namespace dwarf;  // NOLINT: the field's own names

constexpr uint16_t kTagUnit = 0x11;
constexpr uint16_t kTagVariable = 0x34;
constexpr uint16_t kTagLexicalBlock = 0x0b;

// A unit, and beside it the bytes that are to be kept of it.
class CompactDiesTest : public ::testing::Test {
 protected:
  CompactDiesTest() {
    root_ = writer_.Abbreviation(kTagUnit, true, {});
    namespace_ = writer_.Abbreviation(kTagNamespace, true, {{kAtName, kFormString}});
    function_ = writer_.Abbreviation(kTagSubprogram, true,
                                     {{kAtLowPc, kFormAddr}, {kAtHighPc, kFormData4}});
    declared_ = writer_.Abbreviation(kTagSubprogram, false, {{kAtName, kFormString}});
    call_ = writer_.Abbreviation(kTagInlinedSubroutine, false, {{kAtCallLine, kFormUdata}});
    variable_ = writer_.Abbreviation(kTagVariable, false, {{kAtName, kFormString}});
    block_ = writer_.Abbreviation(kTagLexicalBlock, true, {});
    kept_ = true;
    Begin(root_);
  }

  // A DIE, kept or not; `values` are its attributes.
  uint64_t Begin(uint64_t code, const ByteWriter& values = {}) {
    const uint64_t die = writer_.Die(code);
    writer_.values().Append(values);
    if (kept_) {
      positions_.emplace_back(die, expected_.size());
      expected_.Uleb(code).Append(values);
    } else {
      dropped_.push_back(die);
    }
    return die;
  }
  uint64_t Dropped(uint64_t code, const ByteWriter& values = {}) {
    kept_ = false;
    const uint64_t die = Begin(code, values);
    kept_ = true;
    return die;
  }
  void End() {
    writer_.EndChildren();
    expected_.U8(0);
  }
  void EndDropped() { writer_.EndChildren(); }

  static ByteWriter Text(const char* text) { return ByteWriter().Text(text); }
  static ByteWriter Range(uint64_t low, uint64_t bytes) { return ByteWriter().U64(low).U32(bytes); }
  static ByteWriter Line(uint64_t line) { return ByteWriter().Uleb(line); }

  void ExpectKept(const std::vector<uint64_t>& wanted = {}) const {
    const OpenedUnit unit(writer_);
    CompactDies compact;
    compact.Read(*unit, wanted);
    const sys::Bytes bytes = compact.bytes();
    EXPECT_EQ(std::vector<uint8_t>(bytes.data, bytes.end()), expected_.bytes());
    for (const auto& [die, position] : positions_) {
      EXPECT_EQ(compact.PositionOf(die), position) << die;
      EXPECT_EQ(compact.DieAt(position), die) << position;
    }
    for (const uint64_t die : dropped_) EXPECT_EQ(compact.PositionOf(die), bytes.size) << die;
  }

  UnitWriter writer_;
  ByteWriter expected_;
  std::vector<std::pair<uint64_t, size_t>> positions_;
  std::vector<uint64_t> dropped_;
  bool kept_ = true;
  uint64_t root_, namespace_, function_, declared_, call_, variable_, block_;
};

TEST_F(CompactDiesTest, AUnitWithoutChildrenIsItsRoot) {
  End();
  ExpectKept();
}

TEST_F(CompactDiesTest, ScopesAndFunctionsStayVariablesGo) {
  Dropped(variable_, Text("global"));
  Begin(namespace_, Text("app"));
  Dropped(variable_, Text("hidden"));
  Begin(declared_, Text("declared"));
  End();
  Begin(function_, Range(0x1000, 0x100));
  Dropped(variable_, Text("local"));
  End();
  End();
  ExpectKept();
}

// The list of children of a DIE that went has no end either.
TEST_F(CompactDiesTest, WhatStandsInADroppedDieIsKeptWithoutIt) {
  Begin(function_, Range(0x1000, 0x100));
  Dropped(block_);
  Dropped(variable_, Text("local"));
  Begin(function_, Range(0x5000, 0x10));
  End();
  EndDropped();
  Begin(declared_, Text("behind"));
  End();
  End();
  ExpectKept();
}

TEST_F(CompactDiesTest, CallsStayWhereAnAddressIsWanted) {
  Begin(function_, Range(0x1000, 0x100));
  Begin(call_, Line(10));
  Dropped(block_);
  Begin(call_, Line(11));
  EndDropped();
  End();
  Begin(function_, Range(0x2000, 0x100));
  Dropped(call_, Line(20));
  End();
  Dropped(call_, Line(30));
  End();
  ExpectKept({0x1080});
}

// A function in a function that holds the address is around nothing that is wanted, but in it.
TEST_F(CompactDiesTest, BehindAFunctionInsideTheCallsOfTheOuterOneStay) {
  Begin(function_, Range(0x1000, 0x100));
  Begin(function_, Range(0x5000, 0x10));
  Begin(call_, Line(10));
  End();
  Begin(call_, Line(11));
  End();
  Dropped(call_, Line(12));
  End();
  ExpectKept({0x1080});
}

class CompactEdges : public CompactDiesTest,
                     public ::testing::WithParamInterface<std::pair<uint64_t, bool>> {};

TEST_P(CompactEdges, AnAddressIsHeldFromTheFirstByteToTheLast) {
  const auto& [wanted, held] = GetParam();
  Begin(function_, Range(0x1000, 0x100));
  kept_ = held;
  Begin(call_, Line(10));
  kept_ = true;
  End();
  End();
  ExpectKept({wanted});
  ExpectKept({1, wanted, 0x9000});
}
INSTANTIATE_TEST_SUITE_P(Around, CompactEdges,
                         ::testing::Values(std::pair(0xfff, false), std::pair(0x1000, true),
                                           std::pair(0x10ff, true), std::pair(0x1100, false)));

TEST_F(CompactDiesTest, NoAddressWantedNoCallStays) {
  Begin(function_, Range(0x1000, 0x100));
  Dropped(call_, Line(10));
  End();
  End();
  ExpectKept();
}

// Linkers leave 0 where the code was discarded.
TEST_F(CompactDiesTest, DiscardedFunctionsHoldNothing) {
  Begin(function_, Range(0, 0x100));
  Dropped(call_, Line(10));
  End();
  End();
  ExpectKept({0x80});
}

TEST_F(CompactDiesTest, PositionsBetweenDiesAreNone) {
  Begin(declared_, Text("abc"));
  End();
  const OpenedUnit unit(writer_);
  CompactDies compact;
  compact.Read(*unit, {});
  const uint64_t die = positions_[1].first;
  EXPECT_EQ(compact.PositionOf(die + 1), compact.bytes().size);
  EXPECT_EQ(compact.PositionOf(0), compact.bytes().size);
  EXPECT_EQ(compact.PositionOf(~uint64_t{0}), compact.bytes().size);
  EXPECT_EQ(compact.DieAt(positions_[1].second + 1), 0u);
  EXPECT_EQ(compact.DieAt(compact.bytes().size), 0u);
}

TEST_F(CompactDiesTest, AtDamageThereIsWhatWasBefore) {
  Begin(declared_, Text("before"));
  writer_.values().Uleb(77);  // no such code
  writer_.Die(declared_);
  writer_.values().Text("behind");
  writer_.EndChildren();
  ExpectKept();
}

TEST_F(CompactDiesTest, ADieThatTheUnitCutsOffIsNone) {
  Begin(declared_, Text("before"));
  writer_.Die(function_);
  writer_.values().U64(0x1000).U16(1);  // two bytes are missing
  ExpectKept();
}

TEST_F(CompactDiesTest, BehindTheRootsChildrenNothingIsRead) {
  End();
  writer_.Die(declared_);
  writer_.values().Text("behind");
  ExpectKept();
}

// Several windows: none of the DIEs at their edges may get lost, or come twice.
TEST_F(CompactDiesTest, AUnitOfManyWindowsIsKeptWhole) {
  const std::string filling(100, 'x');
  for (int i = 0; i < 12000; ++i) {
    Begin(namespace_, Text(std::to_string(i).c_str()));
    Dropped(variable_, Text(filling.c_str()));
    End();
  }
  End();
  ASSERT_GT(writer_.size(), 1u << 20);
  ExpectKept();
}

TEST_F(CompactDiesTest, AbsurdNestingEnds) {
  for (int i = 0; i < 100000; ++i) {
    writer_.Die(namespace_);
    writer_.values().Text("");
  }
  const OpenedUnit unit(writer_);
  CompactDies compact;
  compact.Read(*unit, {});
  EXPECT_GT(compact.bytes().size, 100000u);
  EXPECT_LT(compact.bytes().size, 140000u);
  EXPECT_EQ(compact.PositionOf(positions_[0].first), 0u);
}

}  // namespace
}  // namespace pprof::symbolize
