// The symbolizer, asked for a profile, with whatever engine is linked, on this program's own code.
#include "profiler/symbolize/symbolizer.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <thread>

#include "pprof/snapshot_builder.h"
#include "profiler/encode/profile_symbols.h"
#include "profiler/model/profile.h"

namespace pprof::symbolize {

[[gnu::noinline]] int FindMe(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

namespace {

std::shared_ptr<const model::Profile> ProfileOf(const std::vector<uintptr_t>& pcs) {
  SnapshotBuilder builder("heap", {{"objects", "count"}}, {});
  builder.Add({pcs.data(), pcs.size()}, {1});
  builder.AddNamed("just a name", {1});
  return builder.Finish();
}

std::string NameAt(const Symbols& symbols, size_t location) {
  if (symbols.first_line[location] == symbols.first_line[location + 1]) return "";
  const Line& outermost = symbols.lines[symbols.first_line[location + 1] - 1];
  return symbols.functions[outermost.function]->name;
}

TEST(Symbolizer, NamesOurCodeAndTheLibrariesInOneBatch) {
  const auto find_me = reinterpret_cast<uintptr_t>(&FindMe);
  const auto getppid = reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "getppid"));
  const auto profile = ProfileOf({find_me + 2, getppid + 1, 0x10, find_me + 3});
  for (int round = 0; round < 2; ++round) {  // the second time from the cache
    const Symbols symbols = encode::SymbolsOf(*profile);
    ASSERT_EQ(symbols.first_line.size(), profile->locations.size() + 1);
    EXPECT_EQ(NameAt(symbols, 0), "pprof::symbolize::FindMe");
    EXPECT_NE(NameAt(symbols, 1).find("getppid"), std::string::npos);
    EXPECT_EQ(NameAt(symbols, 2), "");
    EXPECT_EQ(NameAt(symbols, 3), "pprof::symbolize::FindMe");
    EXPECT_EQ(NameAt(symbols, 4), "") << "a named frame is not looked up";
  }
}

TEST(Symbolizer, FunctionsAreDistinct) {
  const auto find_me = reinterpret_cast<uintptr_t>(&FindMe);
  const Symbols symbols = encode::SymbolsOf(*ProfileOf({find_me + 2, find_me + 3}));
  ASSERT_EQ(symbols.functions.size(), 1U);
  EXPECT_EQ(symbols.functions[0]->system_name, "_ZN5pprof9symbolize6FindMeEi");
  EXPECT_NE(symbols.functions[0]->filename.find("symbolizer_test.cpp"), std::string::npos);
}

TEST(Symbolizer, WithoutDetailThereAreNoNamesAndNothingIsRemembered) {
  const auto profile = ProfileOf({reinterpret_cast<uintptr_t>(&NameAt) + 2});
  BatchLimits limits;
  limits.detail = Detail::kNone;
  EXPECT_TRUE(encode::SymbolsOf(*profile, limits).functions.empty());
  EXPECT_FALSE(encode::SymbolsOf(*profile).functions.empty());
}

TEST(Symbolizer, ManyThreadsGetTheSameAnswer) {
  const auto find_me = reinterpret_cast<uintptr_t>(&FindMe);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto profile = ProfileOf({find_me + 1, find_me + 2});
      for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(NameAt(encode::SymbolsOf(*profile), 1), "pprof::symbolize::FindMe");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Symbolizer, DoesNotAskForUnloadedModules) {
  model::Profile profile = *ProfileOf({reinterpret_cast<uintptr_t>(&ProfileOf) + 2});
  for (model::Mapping& mapping : profile.mappings) {
    mapping.unloaded = true;
    mapping.build_id = "another";
  }
  EXPECT_TRUE(encode::SymbolsOf(profile).functions.empty());
}

}  // namespace
}  // namespace pprof::symbolize
