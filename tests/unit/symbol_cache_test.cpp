#include "profiler/symbolize/service/symbol_cache.h"

#include <gtest/gtest.h>

namespace pprof::symbolize {
namespace {

RawFrame Frame(std::string_view name, uint32_t line = 1) { return {name, "/src/a.cpp", line, 0}; }

void Remember(SymbolCache& cache, uint32_t module, uint64_t offset, std::string_view name) {
  const RawFrame frame = Frame(name);
  cache.Remember(module, offset, cache.Intern(&frame, 1));
}

TEST(SymbolCache, RemembersAlsoThatThereIsNoName) {
  SymbolCache cache;
  cache.BeginBatch();
  const uint32_t module = cache.ModuleNumber("id");
  EXPECT_EQ(cache.Find(module, 1), nullptr);
  Remember(cache, module, 1, "f");
  cache.Remember(module, 2, {});
  ASSERT_NE(cache.Find(module, 1), nullptr);
  EXPECT_EQ(cache.Find(module, 1)->at(0).function->name, "f");
  ASSERT_NE(cache.Find(module, 2), nullptr);
  EXPECT_TRUE(cache.Find(module, 2)->empty());
}

TEST(SymbolCache, ModulesAreApart) {
  SymbolCache cache;
  cache.BeginBatch();
  const uint32_t a = cache.ModuleNumber("a");
  const uint32_t b = cache.ModuleNumber("b");
  EXPECT_NE(a, b);
  EXPECT_EQ(cache.ModuleNumber("a"), a);
  Remember(cache, a, 1, "f");
  EXPECT_EQ(cache.Find(b, 1), nullptr);
}

TEST(SymbolCache, EqualFunctionsAreOne) {
  SymbolCache cache;
  const RawFrame frames[] = {Frame("_Z1fv", 1), Frame("_Z1fv", 2), Frame("_Z1gv", 2)};
  const CachedLines lines = cache.Intern(frames, 3);
  EXPECT_EQ(lines[0].function, lines[1].function);
  EXPECT_NE(lines[1].function, lines[2].function);
  EXPECT_EQ(lines[0].function->name, "f");
  EXPECT_EQ(lines[0].function->system_name, "_Z1fv");
}

void RememberMany(SymbolCache& cache, uint64_t first, uint64_t count) {
  cache.BeginBatch();
  for (uint64_t i = first; i < first + count; ++i) {
    Remember(cache, cache.ModuleNumber("m"), i, "function" + std::to_string(i));
  }
  cache.EndBatch();
}

bool Knows(SymbolCache& cache, uint64_t offset) {
  return cache.Find(cache.ModuleNumber("m"), offset) != nullptr;
}

TEST(SymbolCache, WhenFullThePlacesGoThatWereAskedForLongestAgo) {
  SymbolCache cache(64 * 1024);
  for (uint64_t batch = 0; batch < 4; ++batch) RememberMany(cache, batch * 40, 40);
  cache.BeginBatch();
  ASSERT_TRUE(Knows(cache, 3)) << "160 locations fit";
  RememberMany(cache, 1000, 100);
  EXPECT_TRUE(Knows(cache, 3)) << "was used again";
  EXPECT_FALSE(Knows(cache, 4)) << "the oldest";
  EXPECT_TRUE(Knows(cache, 130)) << "the most recent one before";
  EXPECT_TRUE(Knows(cache, 1099));
}

TEST(SymbolCache, BytesAreNeverOverTheLimit) {
  SymbolCache cache(64 * 1024);
  for (uint64_t batch = 0; batch < 50; ++batch) {
    RememberMany(cache, batch * 100, 100);
    EXPECT_LE(cache.bytes(), 64U * 1024);
    EXPECT_TRUE(Knows(cache, batch * 100 + 99));
  }
}

TEST(SymbolCache, OneHugeBatchKeepsWhatHasRoom) {
  SymbolCache cache(64 * 1024);
  RememberMany(cache, 0, 10'000);
  EXPECT_LE(cache.bytes(), 64U * 1024);
  EXPECT_GT(cache.locations(), 100U);
  EXPECT_TRUE(Knows(cache, 0));
  RememberMany(cache, 20'000, 50);
  EXPECT_TRUE(Knows(cache, 20'049)) << "the next batch fits again";
}

TEST(SymbolCache, ALowerLimitTakesEffectAtOnce) {
  SymbolCache cache;
  RememberMany(cache, 0, 1000);
  EXPECT_EQ(cache.locations(), 1000U);
  cache.SetBytesLimit(16 * 1024);
  EXPECT_LE(cache.bytes(), 16U * 1024);
  cache.SetBytesLimit(0);
  EXPECT_EQ(cache.locations(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(SymbolCache, FunctionsOfDroppedPlacesAreNotCounted) {
  SymbolCache cache;
  cache.BeginBatch();
  const uint32_t module = cache.ModuleNumber("m");
  Remember(cache, module, 1, "shared");
  const size_t one = cache.bytes();
  Remember(cache, module, 2, "shared");
  EXPECT_LT(cache.bytes() - one, one) << "the function is stored once";
  cache.SetBytesLimit(0);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(SymbolCache, ManyModulesStartOver) {
  SymbolCache cache;
  cache.BeginBatch();
  for (int i = 0; i < 40'000; ++i) {
    Remember(cache, cache.ModuleNumber(std::to_string(i)), 1, "f");
  }
  EXPECT_LE(cache.locations(), 16U * 1024);
}

}  // namespace
}  // namespace pprof::symbolize
