#include "endpoints/handlers/query.h"

#include <gtest/gtest.h>

namespace pprof::http {
namespace {

Query Parsed(std::string_view text) {
  auto query = Query::Parse(text);
  EXPECT_TRUE(query.ok()) << query.status().message();
  return query.ok() ? query.value() : Query();
}

TEST(Query, TakesPairsApartAndTheFirstOfEqualKeysCounts) {
  const Query query = Parsed("a=1&b=x%20y+z&a=2&&flag&empty=");
  EXPECT_EQ(*query.Find("a"), "1");
  EXPECT_EQ(*query.Find("b"), "x y z");
  EXPECT_EQ(*query.Find("flag"), "");
  EXPECT_EQ(*query.Find("empty"), "");
  EXPECT_EQ(query.Find("nothing"), nullptr);
}

TEST(Query, RefusesBrokenEscapesControlCharactersAndTooMuch) {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "%0d%0a=1", "a=%00", "a=%7f"}) {
    EXPECT_FALSE(Query::Parse(text).ok()) << text;
  }
  EXPECT_FALSE(Query::Parse(std::string(kMaxQueryBytes + 1, 'a')).ok());
  std::string many;
  for (size_t i = 0; i <= kMaxQueryPairs; ++i) many += "a=1&";
  EXPECT_FALSE(Query::Parse(many).ok());
}

TEST(Query, SecondsAreGoNumbersWithinTheLimit) {
  EXPECT_EQ(Parsed("").Seconds(300).value(), 0);
  EXPECT_EQ(Parsed("seconds=").Seconds(300).value(), 0);
  EXPECT_EQ(Parsed("seconds=5").Seconds(300).value(), 5);
  EXPECT_EQ(Parsed("seconds=%2B5").Seconds(300).value(), 5);
  EXPECT_EQ(Parsed("seconds=300").Seconds(300).value(), 300);
  for (const char* text : {"abc", "0", "-1", "1.5", "1e3", "5s", "+-5", "0x5", "-99999999999999"}) {
    const auto seconds = Parsed(std::string("seconds=") + text).Seconds(300);
    ASSERT_FALSE(seconds.ok()) << text;
    EXPECT_EQ(seconds.status().message(),
              "invalid value for \"seconds\" - must be a positive integer");
  }
  for (const char* text : {"301", "99999999999999999999"}) {
    const auto seconds = Parsed(std::string("seconds=") + text).Seconds(300);
    ASSERT_FALSE(seconds.ok()) << text;
    EXPECT_NE(seconds.status().message().find("limit of 300 s"), std::string::npos);
  }
}

TEST(Query, DebugIsLenientAsInGoAndHzIsNot) {
  EXPECT_EQ(Parsed("debug=1").LenientInt("debug"), 1);
  EXPECT_EQ(Parsed("debug=x").LenientInt("debug"), 0);
  EXPECT_EQ(Parsed("debug=-1").LenientInt("debug"), -1);
  EXPECT_EQ(Parsed("").Hz(100).value(), 100);
  EXPECT_EQ(Parsed("hz=1000").Hz(100).value(), 1000);
  for (const char* text : {"hz=0", "hz=1001", "hz=-5", "hz=abc"}) {
    EXPECT_FALSE(Parsed(text).Hz(100).ok()) << text;
  }
}

TEST(Query, SymbolizeIsOneOfThreeWords) {
  EXPECT_EQ(Parsed("").Symbolize().value(), SymbolDetail::kFull);
  EXPECT_EQ(Parsed("symbolize=").Symbolize().value(), SymbolDetail::kFull);
  EXPECT_EQ(Parsed("symbolize=full").Symbolize().value(), SymbolDetail::kFull);
  EXPECT_EQ(Parsed("symbolize=functions").Symbolize().value(), SymbolDetail::kFunctions);
  EXPECT_EQ(Parsed("symbolize=none").Symbolize().value(), SymbolDetail::kNone);
  for (const char* text : {"no", "FULL", "full%20", "1", "functions,none"}) {
    const auto symbols = Parsed(std::string("symbolize=") + text).Symbolize();
    ASSERT_FALSE(symbols.ok()) << text;
    EXPECT_EQ(symbols.status().message(),
              "invalid value for \"symbolize\" - must be full, functions or none");
  }
}

}  // namespace
}  // namespace pprof::http
