#include "profiler/signal_safe/unwind/cfi/cfi_reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace pprof::signal_safe {
namespace {

struct Bytes {
  std::vector<uint8_t> bytes;
  CfiReader Reader() const { return {bytes.data(), bytes.data() + bytes.size()}; }
};

TEST(CfiReader, ReadsLeb128) {
  const Bytes data{{0xE5, 0x8E, 0x26, 0x7F, 0x80, 0x7F}};  // DWARF 5, tables 7.7 and 7.8
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.Uleb(), 624485u);
  EXPECT_EQ(reader.Sleb(), -1);
  EXPECT_EQ(reader.Sleb(), -128);
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_TRUE(reader.ok());
}

TEST(CfiReader, ReadsTheWidestLeb128) {
  const Bytes data{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}};
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.Uleb(), UINT64_MAX);
}

TEST(CfiReader, Leb128WithoutAnEndFails) {
  const Bytes data{std::vector<uint8_t>(30, 0x80)};
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.Uleb(), 0u);
  EXPECT_FALSE(reader.ok());
  CfiReader other = data.Reader();
  EXPECT_EQ(other.Sleb(), 0);
  EXPECT_FALSE(other.ok());
}

TEST(CfiReader, ReadsNothingPastTheEnd) {
  const Bytes data{{1, 2, 3}};
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.U32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_EQ(reader.U8(), 0);
}

TEST(CfiReader, SkipDoesNotLeaveTheRecord) {
  const Bytes data{{1, 2, 3}};
  CfiReader exact = data.Reader();
  exact.Skip(3);
  EXPECT_TRUE(exact.ok());
  CfiReader beyond = data.Reader();
  beyond.Skip(4);
  EXPECT_FALSE(beyond.ok());
  CfiReader wrapping = data.Reader();
  wrapping.Skip(UINT64_MAX);
  EXPECT_FALSE(wrapping.ok());
}

TEST(CfiReader, StringWithoutAnEndIsEmpty) {
  const Bytes data{{'z', 'R'}};
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.CString(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(CfiReader, PointerIsRelativeToItsPlace) {
  const Bytes data{{0x10, 0, 0, 0}};
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.Pointer(0x1B), reinterpret_cast<uint64_t>(data.bytes.data()) + 0x10);
}

TEST(CfiReader, PointerOfUnknownFormatFails) {
  const Bytes data{std::vector<uint8_t>(16, 1)};
  CfiReader reader = data.Reader();
  reader.Pointer(0x07);
  EXPECT_FALSE(reader.ok());
}

// For arbitrary bytes, every operation ends at or before the record's end.
TEST(CfiReader, AnyBytesStayInBounds) {
  uint64_t random = 88172645463325252;
  for (int round = 0; round < 20000; ++round) {
    Bytes data;
    for (int i = 0; i < round % 24; ++i) {
      random = random * 6364136223846793005 + 1442695040888963407;
      data.bytes.push_back(static_cast<uint8_t>(random >> 56));
    }
    CfiReader reader = data.Reader();
    while (!reader.AtEnd()) {
      switch (reader.U8() % 6) {
        case 0:
          reader.Uleb();
          break;
        case 1:
          reader.Sleb();
          break;
        case 2:
          reader.U64();
          break;
        case 3:
          reader.CString();
          break;
        case 4:
          reader.Pointer(reader.U8());
          break;
        default:
          reader.Skip(reader.U8());
          break;
      }
    }
    ASSERT_LE(reader.position(), reader.end());
  }
}

}  // namespace
}  // namespace pprof::signal_safe
