// Memory that the encoder uses besides its input and output, measured for the process.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <ostream>
#include <streambuf>
#include <string>

#include "profiler/encode/encoders.h"
#include "tests/unit/large_profile.h"

namespace pprof::test {
namespace {

// Anonymous memory of this process in KB.
int64_t RssAnonKb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, 8, "RssAnon:") == 0) return std::stoll(line.substr(8));
  }
  return 0;
}

// Discards the output and measures the memory at each write.
class MeasuringBuffer : public std::streambuf {
 public:
  int64_t peak_kb() const { return peak_kb_; }
  int64_t bytes() const { return bytes_; }

 protected:
  std::streamsize xsputn(const char*, std::streamsize count) override {
    bytes_ += count;
    peak_kb_ = std::max(peak_kb_, RssAnonKb());
    return count;
  }
  int_type overflow(int_type c) override { return c; }

 private:
  int64_t peak_kb_ = 0;
  int64_t bytes_ = 0;
};

// AddressSanitizer and ThreadSanitizer retain freed memory and shadow memory.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

TEST(EncodeMemory, StaysBelowOneMebibyteBeyondInputAndOutput) {
  if (kSanitized) GTEST_SKIP() << "sanitizers use additional memory";
  const model::Profile profile = LargeProfile();
  const model::Symbols symbols = LargeSymbols(profile);
  MeasuringBuffer buffer;
  std::ostream out(&buffer);
  RssAnonKb();  // the stream's own buffers
  const int64_t before = RssAnonKb();
  ASSERT_TRUE(encode::WriteProto(profile, symbols, out).ok());
  const int64_t grown = buffer.peak_kb() - before;
  RecordProperty("grown_kb", static_cast<int>(grown));
  std::printf("grown by %ld KB while writing %ld bytes\n", static_cast<long>(grown),
              static_cast<long>(buffer.bytes()));
  EXPECT_GT(buffer.bytes(), 1'000'000);
  EXPECT_GT(grown, 200) << "zlib alone takes more: the measurement is wrong";
  EXPECT_LT(grown, 1024);
}

}  // namespace
}  // namespace pprof::test
