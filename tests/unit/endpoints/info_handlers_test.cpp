#include "endpoints/handlers/info_handlers.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "endpoints/answers/capped_buffer.h"
#include "endpoints/answers/html_escape.h"
#include "endpoints/limits/limits.h"

namespace pprof::http {
namespace {

TEST(Symbol, ReadsAddressesAsGo) {
  EXPECT_EQ(ParseAddresses("0x10+0X20+30\r\n"), (std::vector<uint64_t>{0x10, 0x20, 30}));
  EXPECT_EQ(ParseAddresses("0x0+zz+0x+0x1g++ +-5"), std::vector<uint64_t>{});
  EXPECT_EQ(ParseAddresses("0x11112222333344445"), std::vector<uint64_t>{});
  std::string many;
  for (size_t i = 0; i < kMaxSymbolAddresses + 5; ++i) many += "0x1+";
  EXPECT_EQ(ParseAddresses(many).size(), kMaxSymbolAddresses);
}

TEST(Symbol, NamesAFunctionOfThisProgram) {
  const auto address = reinterpret_cast<uintptr_t>(&ServeCmdline);
  char word[32];
  std::snprintf(word, sizeof word, "%#lx", static_cast<unsigned long>(address));
  const Response response = ServeSymbol(std::string("0x1+") + word);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.find("num_symbols: 1\n"), 0u);
  EXPECT_NE(response.body.find(std::string(word) + " "), std::string::npos);
  EXPECT_NE(response.body.find("ServeCmdline"), std::string::npos);
  EXPECT_EQ(response.body.find("0x1 "), std::string::npos);
}

TEST(Html, EscapesWhatCouldBecomeMarkup) {
  EXPECT_EQ(EscapeHtml("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&#34;&lt;/a&gt;");
}

TEST(CappedBuffer, FailsInsteadOfGrowing) {
  CappedBuffer buffer(5, false);
  std::ostream out(&buffer);
  out << "1234" << '5';
  EXPECT_TRUE(out.good());
  EXPECT_FALSE(buffer.overflowed());
  out << '6';
  EXPECT_FALSE(out.good());
  EXPECT_TRUE(buffer.overflowed());
  std::string part;
  EXPECT_TRUE(buffer.Take()->Take(part));
  EXPECT_EQ(part, "12345");
}

std::string TakeAll(AnswerBody& body) {
  std::string all;
  for (std::string part; body.Take(part);) all += part;
  return all;
}

TEST(AnswerBody, GivesBackWhatItWasGivenInPieces) {
  for (const bool deflate : {false, true}) {
    for (const size_t size : {0, 1, 65536, 65537, 3000000}) {
      std::string text;
      for (size_t i = 0; i < size; ++i) text += static_cast<char>('a' + i * i % 26);
      AnswerBody body(deflate);
      for (size_t at = 0; at < size; at += 50000)
        body.Append(std::string_view(text).substr(at, 50000));
      body.Finish();
      EXPECT_EQ(body.size(), size);
      EXPECT_EQ(TakeAll(body), text) << size;
      EXPECT_EQ(body.memory(), 0u);
    }
  }
}

// 41 MB of debug=1 must not wait for a slow client in 41 MB of memory.
TEST(AnswerBody, TextsTakeLittleMemory) {
  std::string stack = "1: 24 [1: 24] @ 0x4012d5\n";
  for (int i = 0; i < 20; ++i)
    stack += "#\t0x4012d5\tA(unsigned int, int)+0x15\t/src/scale.cpp:17\n";
  AnswerBody body(true);
  for (int i = 0; i < 5000; ++i) body.Append(std::to_string(i) + stack);
  body.Finish();
  EXPECT_GT(body.size(), 5000000u);
  EXPECT_LT(body.memory(), 500000u);
}

TEST(TokenBucket, LetsABurstThroughAndThenTheRate) {
  TokenBucket bucket(2, 3);
  auto now = TokenBucket::Clock::now();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(now));
  EXPECT_FALSE(bucket.Take(now));
  now += std::chrono::milliseconds(500);
  EXPECT_TRUE(bucket.Take(now));
  EXPECT_FALSE(bucket.Take(now));
  now += std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.Take(now));
  EXPECT_FALSE(bucket.Take(now));
}

TEST(TokenBucket, WithoutAnEndIsNoLimit) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  TokenBucket bucket(kInfinite, kInfinite);
  TokenBucket huge(1e-300, 1e300);
  const auto now = TokenBucket::Clock::now();
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(bucket.Take(now));
  EXPECT_TRUE(huge.Take(now));
}

}  // namespace
}  // namespace pprof::http
