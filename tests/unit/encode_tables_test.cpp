// The tables behind the encoders: strings, functions, and text in quotes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "profiler/encode/function_table.h"
#include "profiler/encode/string_table.h"
#include "profiler/encode/text_quote.h"

namespace pprof::encode {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// ---- strings

TEST(StringTable, BeginsWithTheEmptyText) {
  StringTable table(0, 0);
  ASSERT_EQ(table.texts().size(), 1u);
  EXPECT_EQ(*table.texts()[0], "");
  const std::string empty;
  EXPECT_EQ(table.IdOf(empty), 0u);
  EXPECT_EQ(table.IdOfCopy(""), 0u);
}

TEST(StringTable, EqualTextsHaveOneNumber) {
  StringTable table(10, 10);
  const std::string a = "name", b = "name", other = "other";
  EXPECT_EQ(table.IdOf(a), 1u);
  EXPECT_EQ(table.IdOf(b), 1u);
  EXPECT_EQ(table.IdOf(other), 2u);
  EXPECT_EQ(table.IdOfCopy("name"), 1u);
  EXPECT_EQ(table.IdOfCopy("third"), 3u);
  EXPECT_EQ(*table.texts()[3], "third");
}

// Their place is not noted, so that they cost no room in the index.
TEST(StringTable, UniqueTextsAreNotFoundAgain) {
  StringTable table(10, 10);
  const std::string name = "_Z1fv";
  EXPECT_EQ(table.IdOfUnique(name), 1u);
  EXPECT_EQ(table.IdOfUnique(name), 2u);
  EXPECT_EQ(table.IdOf(name), 3u);
  EXPECT_EQ(table.IdOf(name), 3u);
}

TEST(StringTable, GrowsBeyondWhatWasExpected) {
  StringTable table(0, 0);
  std::vector<std::string> texts;
  for (int i = 0; i < 20000; ++i) texts.push_back(std::to_string(i));
  for (uint64_t i = 0; i < texts.size(); ++i) ASSERT_EQ(table.IdOf(texts[i]), i + 1);
  for (uint64_t i = 0; i < texts.size(); ++i) ASSERT_EQ(table.IdOf(texts[i]), i + 1);
  EXPECT_EQ(table.texts().size(), texts.size() + 1);
}

// ---- functions

model::Profile ProfileOf(const std::vector<model::Location>& locations, size_t mappings) {
  model::Profile profile;
  profile.locations = locations;
  for (size_t i = 0; i < mappings; ++i) {
    profile.mappings.push_back(
        {i * 0x1000, i * 0x1000 + 0x1000, 0, "/lib/lib" + std::to_string(i) + ".so", ""});
  }
  return profile;
}

std::shared_ptr<const model::Function> Function(const char* file) {
  return std::make_shared<model::Function>(model::Function{"f", "f", file, 0});
}

TEST(FunctionTable, WithoutSymbolsThereAreNoStandIns) {
  const model::Profile profile = ProfileOf({{0x10, 0, 0}, {0x1010, 1, 0}}, 2);
  model::Symbols symbols;
  symbols.first_line = {0, 0, 0};
  const FunctionTable table(profile, symbols);
  EXPECT_THAT(table.stand_ins(), IsEmpty());
  EXPECT_EQ(table.StandInFor(profile.locations[0]), 0u);
  EXPECT_FALSE(table.mapping(0).functions);
}

// pprof would not look again in a module with names, so the other places have the module's name;
// also in a profile that has only such places.
TEST(FunctionTable, PlacesWithoutNamesOfAModuleThatHasNamesAreTheModule) {
  const model::Profile profile = ProfileOf({{0x10, 0, 0}, {0x20, 0, 0}, {0x1010, 1, 0}}, 2);
  model::Symbols symbols;
  symbols.functions = {Function("/src/a.cpp")};
  symbols.lines = {{0, 7}};
  symbols.first_line = {0, 1, 1, 1};
  symbols.has_names = {true, false};
  const FunctionTable table(profile, symbols);
  EXPECT_THAT(table.stand_ins(), ElementsAre("[lib0.so]"));
  EXPECT_EQ(table.StandInFor(profile.locations[1]), 2u);
  EXPECT_EQ(table.StandInFor(profile.locations[2]), 0u);
  EXPECT_TRUE(table.mapping(0).functions && table.mapping(0).filenames);
  EXPECT_TRUE(table.mapping(0).line_numbers);
  EXPECT_FALSE(table.mapping(1).functions);
}

// Over many profiles one address has one encoding, whatever else each of them has.
TEST(FunctionTable, TheStandInDoesNotDependOnOtherPlaces) {
  const model::Profile alone = ProfileOf({{0x20, 0, 0}}, 1);
  model::Symbols symbols;
  symbols.first_line = {0, 0};
  symbols.has_names = {true};
  const FunctionTable table(alone, symbols);
  EXPECT_THAT(table.stand_ins(), ElementsAre("[lib0.so]"));
  EXPECT_TRUE(table.mapping(0).functions);
  // One with a name beside it does not give a name to a module without a symbol table.
  const model::Profile stripped = ProfileOf({{0x10, 0, 0}, {0x20, 0, 0}}, 1);
  symbols.functions = {Function("")};
  symbols.lines = {{0, 0}};
  symbols.first_line = {0, 1, 1};
  symbols.has_names = {};
  const FunctionTable open(stripped, symbols);
  EXPECT_THAT(open.stand_ins(), IsEmpty());
  EXPECT_FALSE(open.mapping(0).functions);
}

TEST(FunctionTable, ClaimsOnlyWhatWasFound) {
  const model::Profile profile = ProfileOf({{0x10, 0, 0}}, 1);
  model::Symbols symbols;
  symbols.functions = {Function("")};
  symbols.lines = {{0, 0}};
  symbols.first_line = {0, 1};
  symbols.has_names = {true};
  const FunctionTable table(profile, symbols);
  EXPECT_TRUE(table.mapping(0).functions);
  EXPECT_FALSE(table.mapping(0).filenames);
  EXPECT_FALSE(table.mapping(0).line_numbers);
  symbols.incomplete = {true};
  EXPECT_FALSE(FunctionTable(profile, symbols).mapping(0).functions);
}

TEST(FunctionTable, NamedFramesAndCodeOutsideOfModulesComeLast) {
  model::Profile profile = ProfileOf(
      {{1, model::kNoMapping, 1}, {0x99, model::kNoMapping, 0}, {2, model::kNoMapping, 2}}, 0);
  profile.frame_names = {"[truncated]", "pprof::LostSamples"};
  model::Symbols symbols;
  symbols.functions = {Function(""), Function("")};
  symbols.first_line = {0, 0, 0, 0};
  const FunctionTable table(profile, symbols);
  EXPECT_THAT(table.stand_ins(), ElementsAre("[unknown]", "[truncated]", "pprof::LostSamples"));
  EXPECT_EQ(table.StandInFor(profile.locations[1]), 3u);
  EXPECT_EQ(table.StandInFor(profile.locations[0]), 4u);
  EXPECT_EQ(table.StandInFor(profile.locations[2]), 5u);
}

// ---- text

TEST(OneLine, BreaksBecomeBlanks) {
  EXPECT_EQ(OneLine("a\nb\tc\x7f"), "a b c ");
  EXPECT_EQ(OneLine(std::string_view("a\0b", 3)), "a b");
  EXPECT_EQ(OneLine("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(OneLine("\xff"), "\xef\xbf\xbd");
  EXPECT_EQ(OneLine(""), "");
}

TEST(Quoted, AsGosPercentQ) {
  EXPECT_EQ(Quoted(""), "\"\"");
  EXPECT_EQ(Quoted("a \"b\" \\c"), R"("a \"b\" \\c")");
  EXPECT_EQ(Quoted("\a\b\f\n\r\t\v"), R"("\a\b\f\n\r\t\v")");
  EXPECT_EQ(Quoted(std::string_view("\0\x01\x1f\x7f", 4)), R"("\x00\x01\x1f\x7f")");
  EXPECT_EQ(Quoted("\xe2\x82\xac"), "\"\xe2\x82\xac\"");
}

}  // namespace
}  // namespace pprof::encode
