#include "profiler/sys/memory/byte_cursor.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/symbolize/byte_writer.h"

namespace pprof::symbolize {
namespace {

TEST(ByteCursor, ReadsWhatWasWritten) {
  ByteWriter bytes;
  bytes.U8(1).U16(0x203).U32(0x4050607).U64(0x8090a0b0c0d0e0f).Text("name").Uleb(300).Sleb(-2);
  sys::ByteCursor cursor(bytes.view());
  EXPECT_EQ(cursor.U8(), 1);
  EXPECT_EQ(cursor.U16(), 0x203);
  EXPECT_EQ(cursor.U32(), 0x4050607u);
  EXPECT_EQ(cursor.U64(), 0x8090a0b0c0d0e0fu);
  EXPECT_EQ(cursor.CString(), "name");
  EXPECT_EQ(cursor.Uleb(), 300u);
  EXPECT_EQ(cursor.Sleb(), -2);
  EXPECT_TRUE(cursor.ok());
  EXPECT_TRUE(cursor.AtEnd());
}

TEST(ByteCursor, PastTheEndGivesZerosForGood) {
  ByteWriter bytes;
  bytes.U16(0xffff).U8(0xff);
  sys::ByteCursor cursor(bytes.view());
  EXPECT_EQ(cursor.U32(), 0u);
  EXPECT_FALSE(cursor.ok());
  EXPECT_EQ(cursor.U8(), 0);
  EXPECT_EQ(cursor.left(), 0u);
}

TEST(ByteCursor, EmptyBytesAreFine) {
  sys::ByteCursor cursor{sys::Bytes{}};
  EXPECT_TRUE(cursor.AtEnd());
  EXPECT_EQ(cursor.CString(), "");
  EXPECT_FALSE(cursor.ok());
}

TEST(ByteCursor, LebOfAnyLengthIsDefined) {
  ByteWriter bytes;
  for (int i = 0; i < 30; ++i) bytes.U8(0xff);
  bytes.U8(0x7f);
  EXPECT_EQ(sys::ByteCursor(bytes.view()).Uleb(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(sys::ByteCursor(bytes.view()).Sleb(), -1);
}

TEST(ByteCursor, LebOfLargeNumbers) {
  ByteWriter bytes;
  bytes.Uleb(std::numeric_limits<uint64_t>::max()).Sleb(std::numeric_limits<int64_t>::min());
  sys::ByteCursor cursor(bytes.view());
  EXPECT_EQ(cursor.Uleb(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(cursor.Sleb(), std::numeric_limits<int64_t>::min());
}

TEST(ByteCursor, UnfinishedLebFails) {
  ByteWriter bytes;
  bytes.U8(0x80).U8(0x80);
  sys::ByteCursor cursor(bytes.view());
  cursor.Uleb();
  EXPECT_FALSE(cursor.ok());
}

TEST(ByteCursor, TextWithoutEndFails) {
  ByteWriter bytes;
  bytes.U8('a').U8('b');
  sys::ByteCursor cursor(bytes.view());
  EXPECT_EQ(cursor.CString(), "");
  EXPECT_FALSE(cursor.ok());
}

TEST(ByteCursor, HugeSkipFails) {
  ByteWriter bytes;
  bytes.U64(0);
  sys::ByteCursor cursor(bytes.view());
  cursor.Skip(std::numeric_limits<uint64_t>::max());
  EXPECT_FALSE(cursor.ok());
}

TEST(Bytes, SliceOutsideIsEmpty) {
  ByteWriter bytes;
  bytes.U64(0);
  const sys::Bytes view = bytes.view();
  EXPECT_EQ(view.Slice(2, 6).size, 6u);
  EXPECT_TRUE(view.Slice(2, 7).empty());
  EXPECT_TRUE(view.Slice(9, 0).empty());
  EXPECT_TRUE(view.Slice(4, std::numeric_limits<uint64_t>::max() - 2).empty());
  EXPECT_TRUE(view.From(100).empty());
}

}  // namespace
}  // namespace pprof::symbolize
