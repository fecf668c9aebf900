#include <gtest/gtest.h>

#include <map>

#include "profiler/symbolize/dwarf/format/constants.h"
#include "profiler/symbolize/dwarf/line.h"
#include "tests/unit/symbolize/byte_writer.h"

namespace pprof::symbolize {
namespace {

constexpr int kLineBase = -5;
constexpr int kLineRange = 14;
constexpr int kOpcodeBase = 13;

ByteWriter Parameters(int line_range = kLineRange) {
  ByteWriter bytes;
  bytes.U8(1).U8(1).U8(1).U8(static_cast<uint8_t>(kLineBase)).U8(static_cast<uint8_t>(line_range));
  bytes.U8(kOpcodeBase);
  for (const int operands : {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1}) {
    bytes.U8(static_cast<uint8_t>(operands));
  }
  return bytes;
}

ByteWriter FilesOfVersion4() {
  ByteWriter bytes;
  bytes.Text("include").Text("/usr/include").U8(0);
  bytes.Text("main.cpp").Uleb(0).Uleb(0).Uleb(0);
  bytes.Text("box.h").Uleb(1).Uleb(0).Uleb(0);
  bytes.Text("stdio.h").Uleb(2).Uleb(0).Uleb(0);
  return bytes.U8(0);
}

ByteWriter FilesOfVersion5() {
  ByteWriter bytes;
  bytes.U8(1)
      .Uleb(dwarf::kLinePath)
      .Uleb(dwarf::kFormString)
      .Uleb(2)
      .Text("/build")
      .Text("include");
  bytes.U8(2).Uleb(dwarf::kLinePath).Uleb(dwarf::kFormLineStrp);
  bytes.Uleb(dwarf::kLineDirectoryIndex).Uleb(dwarf::kFormUdata).Uleb(2);
  return bytes.U32(0).Uleb(0).U32(9).Uleb(1);
}

// A complete program of `version` with 32-bit or 64-bit offsets.
ByteWriter Program(int version, const ByteWriter& instructions, bool dwarf64 = false,
                   int line_range = kLineRange) {
  ByteWriter header = Parameters(line_range);
  header.Append(version >= 5 ? FilesOfVersion5() : FilesOfVersion4());
  ByteWriter body;
  body.U16(static_cast<uint16_t>(version));
  if (version >= 5) body.U8(8).U8(0);
  dwarf64 ? body.U64(header.size()) : body.U32(header.size());
  body.Append(header).Append(instructions);
  ByteWriter bytes;
  if (dwarf64) bytes.U32(0xffffffff);
  dwarf64 ? bytes.U64(body.size()) : bytes.U32(body.size());
  return bytes.Append(body);
}

ByteWriter SetAddress(uint64_t address) {
  ByteWriter bytes;
  return bytes.U8(0).Uleb(9).U8(dwarf::kLineSetAddress).U64(address);
}

ByteWriter EndSequence() {
  ByteWriter bytes;
  return bytes.U8(0).Uleb(1).U8(dwarf::kLineEndSequence);
}

uint8_t Special(int address_advance, int line_advance) {
  return static_cast<uint8_t>(kOpcodeBase + address_advance * kLineRange + line_advance -
                              kLineBase);
}

// Line 10 at 0x1000, 12 at 0x1004, file 2 line 3 from 0x1010 to 0x1020.
ByteWriter Instructions() {
  ByteWriter bytes = SetAddress(0x1000);
  bytes.U8(dwarf::kLineAdvanceLine).Sleb(9).U8(dwarf::kLineCopy);
  bytes.U8(Special(4, 2));
  bytes.U8(dwarf::kLineSetFile).Uleb(2).U8(dwarf::kLineAdvanceLine).Sleb(-9);
  bytes.U8(dwarf::kLineAdvancePc).Uleb(12).U8(dwarf::kLineCopy);
  return bytes.U8(dwarf::kLineAdvancePc).Uleb(16).Append(EndSequence());
}

using Lines = std::map<uint64_t, std::pair<uint64_t, uint32_t>>;

Lines RunLines(const ByteWriter& program, const std::vector<uint64_t>& addresses) {
  LineHeader header;
  Lines lines;
  if (!header.Parse(program.view(), {})) return lines;
  TimeBudget budget(TimeBudget::Clock::time_point::max());
  LineProgram(header, addresses, [&](size_t index, uint64_t file, uint32_t line) {
    lines[addresses[index]] = {file, line};
  }).Run(budget);
  return lines;
}

TEST(DwarfLine, FindsTheRowThatHoldsAnAddress) {
  const Lines lines = RunLines(Program(4, Instructions()),
                               {0xfff, 0x1000, 0x1003, 0x1004, 0x100f, 0x1010, 0x101f, 0x1020});
  const Lines expected = {{0x1000, {1, 10}}, {0x1003, {1, 10}}, {0x1004, {1, 12}},
                          {0x100f, {1, 12}}, {0x1010, {2, 3}},  {0x101f, {2, 3}}};
  EXPECT_EQ(lines, expected);
}

TEST(DwarfLine, SequencesMayComeInAnyOrder) {
  ByteWriter instructions = SetAddress(0x5000);
  instructions.U8(dwarf::kLineCopy).U8(dwarf::kLineAdvancePc).Uleb(8).Append(EndSequence());
  instructions.Append(Instructions());
  const Lines lines = RunLines(Program(4, instructions), {0x1000, 0x5004, 0x6000});
  EXPECT_EQ(lines, (Lines{{0x1000, {1, 10}}, {0x5004, {1, 1}}}));
}

TEST(DwarfLine, DiscardedCodeIsIgnored) {
  ByteWriter instructions = SetAddress(0);
  instructions.U8(dwarf::kLineCopy).U8(dwarf::kLineAdvancePc).Uleb(0x100000).Append(EndSequence());
  EXPECT_TRUE(RunLines(Program(4, instructions), {0x1000}).empty());
}

TEST(DwarfLine, FileNamesOfVersion4) {
  const ByteWriter program = Program(4, Instructions());
  LineHeader header;
  ASSERT_TRUE(header.Parse(program.view(), {}));
  EXPECT_EQ(header.FileName(1, "/build"), "/build/main.cpp");
  EXPECT_EQ(header.FileName(2, "/build"), "/build/include/box.h");
  EXPECT_EQ(header.FileName(3, "/build"), "/usr/include/stdio.h");
  EXPECT_EQ(header.FileName(1, ""), "main.cpp");
  EXPECT_EQ(header.FileName(0, "/build"), "");
  EXPECT_EQ(header.FileName(~uint64_t{0}, "/build"), "");
}

TEST(DwarfLine, FileNamesOfVersion5) {
  ByteWriter texts;
  texts.Text("main.cpp").Text("box.h");
  for (const bool dwarf64 : {false}) {
    const ByteWriter program = Program(5, Instructions(), dwarf64);
    LineHeader header;
    ASSERT_TRUE(header.Parse(program.view(), {texts.view(), {}}));
    EXPECT_EQ(header.FileName(0, "/elsewhere"), "/build/main.cpp");
    EXPECT_EQ(header.FileName(1, "/build"), "/build/include/box.h");
  }
}

TEST(DwarfLine, Reads64BitDwarf) {
  EXPECT_EQ(RunLines(Program(4, Instructions(), true), {0x1004}), (Lines{{0x1004, {1, 12}}}));
}

TEST(DwarfLine, LineRangeOfZeroIsRefused) {
  const ByteWriter program = Program(4, Instructions(), false, 0);
  LineHeader header;
  EXPECT_FALSE(header.Parse(program.view(), {}));
}

TEST(DwarfLine, EveryTruncationIsHarmless) {
  for (const int version : {4, 5}) {
    const ByteWriter whole = Program(version, Instructions());
    for (size_t size = 0; size < whole.size(); ++size) {
      ByteWriter part;
      for (size_t i = 0; i < size; ++i) part.U8(whole.bytes()[i]);
      EXPECT_TRUE(RunLines(part, {0x1004}).empty()) << size;
    }
  }
}

}  // namespace
}  // namespace pprof::symbolize
