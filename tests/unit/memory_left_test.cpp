#include "profiler/sys/memory_limits/memory_left.h"

#include <gtest/gtest.h>

#include "profiler/sys/memory_limits/memory_group.h"

namespace pprof::sys {
namespace {

TEST(MemoryLeft, FindsTheMemoryGroupOfBothVersions) {
  const MemoryGroup second = ParseMemoryGroup("0::/system.slice/app.service\n");
  EXPECT_EQ(second.version, 2);
  EXPECT_EQ(second.path, "/system.slice/app.service");
  const MemoryGroup first =
      ParseMemoryGroup("12:pids:/a\n9:cpu,memory:/docker/17:x\n1:name=systemd:/b\n0::/c\n");
  EXPECT_EQ(first.version, 1);
  EXPECT_EQ(first.path, "/docker/17:x");
  EXPECT_EQ(ParseMemoryGroup("0::/c\n9:memory:/m\n").path, "/m");
  for (const char* none : {"", "x", "1:cpu:/a", "9:memory:a\n", "9:memory"}) {
    EXPECT_EQ(ParseMemoryGroup(none).version, 0) << none;
  }
}

TEST(MemoryLeft, IsNeitherNothingNorMoreThanTheMachine) {
  EXPECT_GT(MemoryLeft(), uint64_t{1} << 20);
  EXPECT_LT(MemoryLeft(), uint64_t{1} << 46);
}

}  // namespace
}  // namespace pprof::sys
