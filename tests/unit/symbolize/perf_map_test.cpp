#include "profiler/symbolize/module/perf_map.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <string>

namespace pprof::symbolize {
namespace {

struct Names : FrameSink {
  void OnAddress(size_t index, const RawFrame* frames, size_t count) override {
    ASSERT_EQ(count, 1u);
    names[index] = std::string(frames[0].linkage_name);
  }
  std::map<size_t, std::string> names;
};

std::map<size_t, std::string> Resolve(std::string_view map,
                                      const std::vector<uint64_t>& addresses) {
  Names names;
  TimeBudget budget(TimeBudget::Clock::time_point::max());
  PerfMapScan scan(addresses, budget);
  scan.Read(map);
  scan.Finish(names);
  return names.names;
}

std::map<size_t, std::string> ResolveOwn(const std::vector<uint64_t>& addresses) {
  Names names;
  TimeBudget budget(TimeBudget::Clock::time_point::max());
  ResolvePerfMap(addresses, budget, names);
  return names.names;
}

TEST(PerfMap, NamesMayHaveBlanks) {
  const auto names = Resolve("1000 10 js:add file.js:3\n0x2000 0x20 Lfoo;::bar\n",
                             {0xfff, 0x1000, 0x100f, 0x1010, 0x2010});
  EXPECT_EQ(names, (std::map<size_t, std::string>{
                       {1, "js:add file.js:3"}, {2, "js:add file.js:3"}, {4, "Lfoo;::bar"}}));
}

TEST(PerfMap, LaterLinesWin) {
  EXPECT_EQ(Resolve("1000 10 old\n1000 8 new\n", {0x1000, 0x1008}),
            (std::map<size_t, std::string>{{0, "new"}, {1, "old"}}));
}

TEST(PerfMap, DamagedLinesAreSkipped) {
  EXPECT_EQ(Resolve("\n\nzz\n1000\n1000 10\n1000 10 \n1000 0 none\n1000 fffffffffffffffff big\n"
                    "1000 10 good",
                    {0x1000}),
            (std::map<size_t, std::string>{{0, "good"}}));
}

TEST(PerfMap, ReadsTheMapOfThisProcess) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  std::ofstream(path) << "7000 100 jitted\n";
  auto names = ResolveOwn({0x7010});
  std::remove(path.c_str());
  EXPECT_EQ(names[0], "jitted");
}

TEST(PerfMap, DoesNotFollowLinks) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  const std::string other = path + ".other";
  std::ofstream(other) << "7000 100 jitted\n";
  ASSERT_EQ(symlink(other.c_str(), path.c_str()), 0);
  const auto names = ResolveOwn({0x7010});
  std::remove(path.c_str());
  std::remove(other.c_str());
  EXPECT_TRUE(names.empty());
}

TEST(PerfMap, LinesMayComeInPieces) {
  const std::string map = "1000 10 first\n2000 10 second\n3000 10 third";
  for (size_t step = 1; step < map.size(); ++step) {
    Names names;
    TimeBudget budget(TimeBudget::Clock::time_point::max());
    const std::vector<uint64_t> addresses = {0x1000, 0x2000, 0x3000};
    PerfMapScan scan(addresses, budget);
    for (size_t at = 0; at < map.size(); at += step) scan.Read(map.substr(at, step));
    scan.Finish(names);
    EXPECT_EQ(names.names,
              (std::map<size_t, std::string>{{0, "first"}, {1, "second"}, {2, "third"}}))
        << step;
  }
}

TEST(PerfMap, EndlessLinesAndNamesAreCut) {
  const auto names =
      Resolve("1000 10 " + std::string(10 << 20, 'x') + "\n2000 10 next\n", {0x1000, 0x2000});
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names.at(0).size(), PerfMapScan::kMaxNameBytes);
  EXPECT_EQ(names.at(1), "next");
}

TEST(PerfMap, OfAHugeMapTheEndIsRead) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  {
    std::ofstream file(path);
    file << "7000 100 old\n";
    file.seekp(int64_t{1} << 30);  // sparse
    file << "\n7000 100 jitted\n";
  }
  auto names = ResolveOwn({0x7010});
  std::remove(path.c_str());
  EXPECT_EQ(names[0], "jitted");
}

TEST(PerfMap, LinesThatClaimEverythingEndWithTheTime) {
  std::vector<uint64_t> addresses;
  for (uint64_t i = 0; i < 100'000; ++i) addresses.push_back(i);
  std::string map;
  for (int i = 0; i < 100'000; ++i) map += "0 ffffffffffffffff all\n";
  Names names;
  TimeBudget budget(TimeBudget::Clock::now() + std::chrono::milliseconds(200));
  PerfMapScan scan(addresses, budget);
  scan.Read(map);
  scan.Finish(names);
  EXPECT_TRUE(budget.Spent());
}

}  // namespace
}  // namespace pprof::symbolize
