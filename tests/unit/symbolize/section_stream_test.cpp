#include "profiler/symbolize/elf/section_stream.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <numeric>

#include "tests/unit/symbolize/byte_writer.h"
#include "tests/unit/symbolize/elf_writer.h"

namespace pprof::symbolize {
namespace {

std::vector<uint8_t> Contents(size_t size) {
  std::vector<uint8_t> contents(size);
  for (size_t i = 0; i < size; ++i) contents[i] = static_cast<uint8_t>(i * i / 251);
  return contents;
}

std::vector<uint8_t> Deflate(const std::vector<uint8_t>& contents) {
  std::vector<uint8_t> out(compressBound(contents.size()));
  uLongf size = out.size();
  compress(out.data(), &size, contents.data(), contents.size());
  out.resize(size);
  return out;
}

// An ELF file with one section compressed in the standard format.
ByteWriter CompressedFile(const std::vector<uint8_t>& stored, uint64_t size) {
  ByteWriter section;
  section.U32(ELFCOMPRESS_ZLIB).U32(0).U64(size).U64(1);
  for (const uint8_t byte : stored) section.U8(byte);
  ElfWriter writer;
  writer.AddSection(".debug_info", 1, SHF_COMPRESSED, section);
  return writer.Finish();
}

class SectionStreamTest : public testing::Test {
 protected:
  SectionStream Open(const ByteWriter& bytes) {
    file_ = ElfFile::FromBytes(bytes.view());
    return file_ == nullptr ? SectionStream()
                            : SectionStream(FindSectionData(*file_, ".debug_info"), &budget_);
  }

  static bool Equal(sys::Bytes window, const std::vector<uint8_t>& contents, size_t offset) {
    return std::equal(window.data, window.end(), contents.begin() + static_cast<long>(offset));
  }

  TimeBudget budget_{TimeBudget::Clock::time_point::max()};
  std::unique_ptr<ElfFile> file_;
};

TEST_F(SectionStreamTest, WindowsMoveForwardAndBack) {
  const std::vector<uint8_t> contents = Contents(3 << 20);
  const ByteWriter bytes = CompressedFile(Deflate(contents), contents.size());
  SectionStream stream = Open(bytes);
  ASSERT_EQ(stream.size(), contents.size());
  EXPECT_TRUE(stream.compressed());
  for (const size_t offset : {0, 100, 50, 2 << 20, (2 << 20) + 7, 10, (3 << 20) - 1000}) {
    const sys::Bytes window = stream.Window(offset, 1000);
    ASSERT_EQ(window.size, 1000u) << offset;
    EXPECT_TRUE(Equal(window, contents, offset)) << offset;
  }
  EXPECT_EQ(stream.Window(0, contents.size()).size, contents.size());
  EXPECT_TRUE(stream.Window(contents.size() - 10, 11).empty());
  EXPECT_TRUE(stream.Window(~uint64_t{0}, 1).empty());
}

TEST_F(SectionStreamTest, TruncatedStreamGivesWhatIsThere) {
  const std::vector<uint8_t> contents = Contents(1 << 20);
  std::vector<uint8_t> stored = Deflate(contents);
  stored.resize(stored.size() / 2);
  const ByteWriter bytes = CompressedFile(stored, contents.size());
  SectionStream stream = Open(bytes);
  EXPECT_TRUE(Equal(stream.Window(0, 1000), contents, 0));
  EXPECT_TRUE(stream.Window((1 << 20) - 1000, 1000).empty());
}

TEST_F(SectionStreamTest, AbsurdSizeIsRefused) {
  const std::vector<uint8_t> stored = Deflate(Contents(1000));
  for (const uint64_t size : {uint64_t{1} << 40, ~uint64_t{0}, uint64_t{5000000}}) {
    const ByteWriter bytes = CompressedFile(stored, size);
    EXPECT_FALSE(Open(bytes).present()) << size;
  }
}

TEST_F(SectionStreamTest, NothingAfterTheDeadline) {
  const std::vector<uint8_t> contents = Contents(1 << 20);
  const ByteWriter bytes = CompressedFile(Deflate(contents), contents.size());
  budget_ = TimeBudget(TimeBudget::Clock::now());
  EXPECT_TRUE(Open(bytes).Window(0, 1000).empty());
  EXPECT_TRUE(budget_.Spent());
}

}  // namespace
}  // namespace pprof::symbolize
