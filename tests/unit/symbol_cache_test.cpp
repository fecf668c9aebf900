#include "profiler/symbolize/symbol_cache.h"

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

TEST(SymbolCache, WhenFullOldPlacesGoAndThoseOfThisBatchStay) {
  SymbolCache cache({/*places=*/10, /*bytes=*/1 << 20});
  const uint32_t module = cache.ModuleNumber("m");
  cache.BeginBatch();
  for (uint64_t i = 0; i < 10; ++i) Remember(cache, module, i, "old" + std::to_string(i));
  cache.BeginBatch();
  EXPECT_NE(cache.Find(module, 3), nullptr);  // still wanted
  Remember(cache, module, 100, "new");
  EXPECT_EQ(cache.places(), 2U);
  EXPECT_NE(cache.Find(module, 3), nullptr);
  EXPECT_NE(cache.Find(module, 100), nullptr);
  EXPECT_EQ(cache.Find(module, 4), nullptr);
}

TEST(SymbolCache, OneHugeBatchStaysWithinTheLimit) {
  SymbolCache cache({/*places=*/10, /*bytes=*/1 << 20});
  const uint32_t module = cache.ModuleNumber("m");
  cache.BeginBatch();
  for (uint64_t i = 0; i < 100; ++i) Remember(cache, module, i, "f" + std::to_string(i));
  EXPECT_EQ(cache.places(), 10U);
}

TEST(SymbolCache, BytesAreBoundedAndGivenBack) {
  SymbolCache cache({/*places=*/1 << 20, /*bytes=*/64 * 1024});
  const uint32_t module = cache.ModuleNumber("m");
  for (uint64_t batch = 0; batch < 50; ++batch) {
    cache.BeginBatch();
    for (uint64_t i = 0; i < 100; ++i) {
      Remember(cache, module, batch * 100 + i, "f" + std::to_string(batch * 100 + i));
    }
    // Functions without room are dropped when the next batch begins.
    EXPECT_LT(cache.bytes(), 64U * 1024 + 100 * 1024) << batch;
  }
  cache.BeginBatch();
  EXPECT_LE(cache.bytes(), 64U * 1024 + 512);
}

TEST(SymbolCache, ManyModulesStartOver) {
  SymbolCache cache;
  cache.BeginBatch();
  for (int i = 0; i < 40'000; ++i) {
    Remember(cache, cache.ModuleNumber(std::to_string(i)), 1, "f");
  }
  EXPECT_LE(cache.places(), 16U * 1024);
}

}  // namespace
}  // namespace pprof::symbolize
