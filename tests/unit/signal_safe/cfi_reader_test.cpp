#include "profiler/signal_safe/cfi_reader.h"

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
  EXPECT_EQ(reader.Unsigned(), 624485u);
  EXPECT_EQ(reader.Signed(), -1);
  EXPECT_EQ(reader.Signed(), -128);
  EXPECT_TRUE(reader.done());
  EXPECT_FALSE(reader.failed());
}

TEST(CfiReader, ReadsTheWidestLeb128) {
  const Bytes data{{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01}};
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.Unsigned(), UINT64_MAX);
}

TEST(CfiReader, Leb128WithoutAnEndFails) {
  const Bytes data{std::vector<uint8_t>(30, 0x80)};
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.Unsigned(), 0u);
  EXPECT_TRUE(reader.failed());
  CfiReader other = data.Reader();
  EXPECT_EQ(other.Signed(), 0);
  EXPECT_TRUE(other.failed());
}

TEST(CfiReader, ReadsNothingPastTheEnd) {
  const Bytes data{{1, 2, 3}};
  CfiReader reader = data.Reader();
  EXPECT_EQ(reader.Fixed<uint32_t>(), 0u);
  EXPECT_TRUE(reader.failed());
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.Byte(), 0);
}

TEST(CfiReader, SkipDoesNotLeaveTheRecord) {
  const Bytes data{{1, 2, 3}};
  CfiReader exact = data.Reader();
  exact.Skip(3);
  EXPECT_FALSE(exact.failed());
  CfiReader beyond = data.Reader();
  beyond.Skip(4);
  EXPECT_TRUE(beyond.failed());
  CfiReader wrapping = data.Reader();
  wrapping.Skip(UINT64_MAX);
  EXPECT_TRUE(wrapping.failed());
}

TEST(CfiReader, StringWithoutAnEndIsEmpty) {
  const Bytes data{{'z', 'R'}};
  CfiReader reader = data.Reader();
  EXPECT_STREQ(reader.String(), "");
  EXPECT_TRUE(reader.failed());
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
  EXPECT_TRUE(reader.failed());
}

// Whatever the bytes are: every operation ends at or before the record's end.
TEST(CfiReader, AnyBytesStayInBounds) {
  uint64_t random = 88172645463325252;
  for (int round = 0; round < 20000; ++round) {
    Bytes data;
    for (int i = 0; i < round % 24; ++i) {
      random = random * 6364136223846793005 + 1442695040888963407;
      data.bytes.push_back(static_cast<uint8_t>(random >> 56));
    }
    CfiReader reader = data.Reader();
    while (!reader.done()) {
      switch (reader.Byte() % 6) {
        case 0:
          reader.Unsigned();
          break;
        case 1:
          reader.Signed();
          break;
        case 2:
          reader.Fixed<uint64_t>();
          break;
        case 3:
          reader.String();
          break;
        case 4:
          reader.Pointer(reader.Byte());
          break;
        default:
          reader.Skip(reader.Byte());
          break;
      }
    }
    ASSERT_LE(reader.at(), reader.end());
  }
}

}  // namespace
}  // namespace pprof::signal_safe
