#include "profiler/symbolize/perf_map.h"

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
  ResolvePerfMapText(map, addresses, names);
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
  Names names;
  ResolvePerfMap({0x7010}, names);
  std::remove(path.c_str());
  EXPECT_EQ(names.names[0], "jitted");
}

TEST(PerfMap, DoesNotFollowLinks) {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  const std::string other = path + ".other";
  std::ofstream(other) << "7000 100 jitted\n";
  ASSERT_EQ(symlink(other.c_str(), path.c_str()), 0);
  Names names;
  ResolvePerfMap({0x7010}, names);
  std::remove(path.c_str());
  std::remove(other.c_str());
  EXPECT_TRUE(names.names.empty());
}

}  // namespace
}  // namespace pprof::symbolize
