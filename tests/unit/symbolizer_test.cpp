// Symbolizes profiles of this program's own code, with the linked engine.
#include "profiler/symbolize/service/symbolizer.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "pprof/pprof.h"
#include "pprof/snapshot_builder.h"
#include "profiler/encode/encoders.h"
#include "profiler/model/snapshot_access.h"
#include "profiler/profile_symbols.h"
#include "profiler/symbolize/service/shared_state.h"
#include "tests/unit/decoded_profile.h"

namespace pprof::symbolize {

[[gnu::noinline]] int FindMe(int x) {
  asm volatile("" : "+r"(x));
  return x;
}

namespace {

std::shared_ptr<const model::Profile> ProfileOf(const std::vector<uintptr_t>& pcs) {
  ProfileType type;
  type.name = "heap";
  type.values = {{"objects", "count"}};
  SnapshotBuilder builder(type, {});
  builder.Add({pcs.data(), pcs.size()}, {1});
  builder.AddNamed("just a name", {1});
  return model::SnapshotAccess::BuilderOf(builder).Finish();
}

std::string NameAt(const model::Symbols& symbols, size_t location) {
  if (symbols.first_line[location] == symbols.first_line[location + 1]) return "";
  const model::Line& outermost = symbols.lines[symbols.first_line[location + 1] - 1];
  return symbols.functions[outermost.function]->name;
}

TEST(Symbolizer, NamesOurCodeAndTheLibrariesInOneBatch) {
  const auto find_me = reinterpret_cast<uintptr_t>(&FindMe);
  const auto getppid = reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "getppid"));
  const auto profile = ProfileOf({find_me + 2, getppid + 1, 0x10, find_me + 3});
  for (int round = 0; round < 2; ++round) {  // the second time from the cache
    const model::Symbols symbols = SymbolsOf(*profile);
    ASSERT_EQ(symbols.first_line.size(), profile->locations.size() + 1);
    EXPECT_EQ(NameAt(symbols, 0), "pprof::symbolize::FindMe");
    EXPECT_NE(NameAt(symbols, 1).find("getppid"), std::string::npos);
    EXPECT_EQ(NameAt(symbols, 2), "");
    EXPECT_EQ(NameAt(symbols, 3), "pprof::symbolize::FindMe");
    EXPECT_EQ(NameAt(symbols, 4), "") << "a named frame is not symbolized";
  }
}

TEST(Symbolizer, FunctionsAreDistinct) {
  const auto find_me = reinterpret_cast<uintptr_t>(&FindMe);
  const model::Symbols symbols = SymbolsOf(*ProfileOf({find_me + 2, find_me + 3}));
  ASSERT_EQ(symbols.functions.size(), 1U);
  EXPECT_EQ(symbols.functions[0]->system_name, "_ZN5pprof9symbolize6FindMeEi");
  EXPECT_NE(symbols.functions[0]->filename.find("symbolizer_test.cpp"), std::string::npos);
}

TEST(Symbolizer, WithoutDetailThereAreNoNamesAndNothingIsRemembered) {
  const auto profile = ProfileOf({reinterpret_cast<uintptr_t>(&NameAt) + 2});
  BatchLimits limits;
  limits.detail = Detail::kNone;
  EXPECT_TRUE(SymbolsOf(*profile, limits).functions.empty());
  EXPECT_FALSE(SymbolsOf(*profile).functions.empty());
}

TEST(Symbolizer, ManyThreadsGetTheSameAnswer) {
  const auto find_me = reinterpret_cast<uintptr_t>(&FindMe);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto profile = ProfileOf({find_me + 1, find_me + 2});
      for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(NameAt(SymbolsOf(*profile), 1), "pprof::symbolize::FindMe");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

model::Profile Unloaded(uintptr_t pc) {
  model::Profile profile = *ProfileOf({pc});
  for (model::Mapping& mapping : profile.mappings) mapping.unloaded = true;
  return profile;
}

TEST(Symbolizer, NamesOfUnloadedCodeComeFromTheFileWithItsBuildId) {
  const model::Profile profile = Unloaded(reinterpret_cast<uintptr_t>(&ProfileOf) + 2);
  ASSERT_FALSE(profile.mappings[0].build_id.empty());
  EXPECT_NE(NameAt(SymbolsOf(profile), 0).find("ProfileOf"), std::string::npos);
}

TEST(Symbolizer, NamesOfUnloadedCodeNeverComeFromAnotherFileOrFromMemory) {
  const auto getppid = reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "getppid"));
  model::Profile profile = Unloaded(getppid + 2);
  for (model::Mapping& mapping : profile.mappings) mapping.build_id = "another";
  EXPECT_TRUE(SymbolsOf(profile).functions.empty()) << "the file has another build id";
  for (model::Mapping& mapping : profile.mappings) {
    mapping.build_id.clear();
    mapping.path = "/nowhere/" + mapping.path;
  }
  EXPECT_TRUE(SymbolsOf(profile).functions.empty()) << "its memory may have other code now";
}

TEST(Symbolizer, WhatWasKnownOutlivesItsModule) {
  model::Profile profile = *ProfileOf({reinterpret_cast<uintptr_t>(&Unloaded) + 2});
  ASSERT_FALSE(NameAt(SymbolsOf(profile), 0).empty());
  for (model::Mapping& mapping : profile.mappings) {  // unloaded, then loaded elsewhere
    mapping.unloaded = true;
    mapping.path = "/deleted";
  }
  EXPECT_FALSE(NameAt(SymbolsOf(profile), 0).empty());
}

BatchLimits NoTime() {
  BatchLimits limits;
  limits.deadline = std::chrono::steady_clock::now();
  return limits;
}

std::string FileAt(const model::Symbols& symbols, size_t location) {
  return symbols.functions[symbols.lines[symbols.first_line[location]].function]->filename;
}

TEST(Symbolizer, WithoutTimeThereAreSymbolNamesAndTheRestFollowsInTheBackground) {
  const auto profile = ProfileOf({reinterpret_cast<uintptr_t>(&FileAt) + 2});
  const model::Symbols first = SymbolsOf(*profile, NoTime());
  ASSERT_FALSE(first.incomplete.empty());
  EXPECT_TRUE(first.incomplete[profile->locations[0].mapping]);
  EXPECT_NE(NameAt(first, 0).find("FileAt"), std::string::npos);
  EXPECT_EQ(FileAt(first, 0), "");
  model::Symbols later = first;
  for (int i = 0; i < 3000 && !later.incomplete.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    later = SymbolsOf(*profile, NoTime());
  }
  EXPECT_TRUE(later.incomplete.empty());
  EXPECT_NE(FileAt(later, 0).find("symbolizer_test.cpp"), std::string::npos);
}

// libstdc++ without its debug file names few of its places.
TEST(Symbolizer, WhetherAModuleHasNamesIsTheSameForEachOfItsPlaces) {
  const auto getppid = reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "getppid"));
  const auto find_me = reinterpret_cast<uintptr_t>(&FindMe);
  for (int round = 0; round < 2; ++round) {  // the second time from the cache
    const auto both = ProfileOf({find_me + 2, getppid + 1});
    const model::Symbols symbols = SymbolsOf(*both);
    for (size_t i = 0; i < 2; ++i) EXPECT_TRUE(symbols.has_names.at(both->locations[i].mapping));
    const auto other = ProfileOf({getppid - 1});
    EXPECT_TRUE(SymbolsOf(*other).has_names.at(other->locations[0].mapping));
  }
  BatchLimits none;
  none.detail = Detail::kNone;
  EXPECT_TRUE(SymbolsOf(*ProfileOf({find_me + 2}), none).has_names.empty());
}

TEST(Symbolizer, AProfileWithoutAllNamesSaysSoAndClaimsNone) {
  const auto profile = ProfileOf({reinterpret_cast<uintptr_t>(&NoTime) + 2});
  model::Symbols symbols = SymbolsOf(*profile);
  symbols.incomplete.assign(profile->mappings.size(), true);
  std::ostringstream out;
  ASSERT_TRUE(encode::WriteProto(*profile, symbols, out).ok());
  const test::DecodedProfile decoded = test::Decode(out.str());
  EXPECT_FALSE(decoded.mappings.at(0).has_functions);
  ASSERT_EQ(decoded.comments.size(), 2U);  // and the version
  EXPECT_NE(decoded.comments[0].find("time limit"), std::string::npos) << decoded.comments[0];
}

TEST(Symbolizer, StopsWhenNobodyWaitsAndRemembersNothing) {
  const auto place = reinterpret_cast<uintptr_t>(dlsym(RTLD_DEFAULT, "getpgrp")) + 1;
  const auto profile = ProfileOf({place});
  BatchLimits nobody_waits;
  nobody_waits.cancelled = [] { return true; };
  EXPECT_EQ(NameAt(SymbolsOf(*profile, nobody_waits), 0), "");
  EXPECT_NE(NameAt(SymbolsOf(*profile), 0).find("getpgrp"), std::string::npos);

  SymbolOptions options;
  options.cancelled = nobody_waits.cancelled;
  std::ostringstream out;
  EXPECT_TRUE(model::SnapshotAccess::Make(profile).Symbolize(options).WriteTo(out).ok());
}

TEST(Symbolizer, FunctionsDetailGivesNamesWithoutFilesAlsoWhenMoreIsKnown) {
  const auto profile = ProfileOf({reinterpret_cast<uintptr_t>(&FindMe) + 2});
  ASSERT_NE(FileAt(SymbolsOf(*profile), 0), "");
  BatchLimits limits;
  limits.detail = Detail::kFunctions;
  const model::Symbols symbols = SymbolsOf(*profile, limits);
  EXPECT_EQ(NameAt(symbols, 0), "pprof::symbolize::FindMe");
  EXPECT_EQ(FileAt(symbols, 0), "");
  EXPECT_TRUE(symbols.incomplete.empty());
}

TEST(Symbolizer, AForkedChildDoesNotWaitForThreadsItDoesNotHave) {
  const auto profile = ProfileOf({reinterpret_cast<uintptr_t>(&FindMe) + 2});
  SharedState& shared = SharedState::OfThisProcess();
  ASSERT_TRUE(shared.turn.TryTakeUntil(std::chrono::steady_clock::now()));
  shared.mutex.lock();
  shared.background_runs = true;
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    const bool named = NameAt(SymbolsOf(*profile), 0) == "pprof::symbolize::FindMe";
    SymbolsOf(*profile, NoTime());
    std::_Exit(named ? 0 : 1);
  }
  shared.background_runs = false;
  shared.mutex.unlock();
  shared.turn.GiveBack();
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(SymbolizerDeathTest, TheProcessMayExitWhileTheBackgroundIsAtWork) {
  const auto profile = ProfileOf({reinterpret_cast<uintptr_t>(&Unloaded) + 3});
  const auto exit_at_once = [&] {
    SymbolsOf(*profile, NoTime());
    std::exit(0);
  };
  EXPECT_EXIT(exit_at_once(), testing::ExitedWithCode(0), "");
}

TEST(Symbolizer, JitCodeHasTheNamesOfItsPerfMap) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  std::ofstream(path) << "100000 100 js:add file.js:3\n";
  const auto profile = ProfileOf({0x100011});
  EXPECT_EQ(NameAt(SymbolsOf(*profile), 0), "js:add file.js:3");
  std::ofstream(path) << "100000 100 js:sub file.js:4\n";
  EXPECT_EQ(NameAt(SymbolsOf(*profile), 0), "js:sub file.js:4") << "not remembered";
  std::remove(path.c_str());
  EXPECT_EQ(NameAt(SymbolsOf(*profile), 0), "");
}

}  // namespace
}  // namespace pprof::symbolize
