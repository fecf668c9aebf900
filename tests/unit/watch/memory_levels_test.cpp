#include "profiler/sys/memory_limits/memory_levels.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace pprof::sys {
namespace {

// A tree of files as the kernel has them.
class Tree {
 public:
  Tree() { root_ = mkdtemp(path_); }
  ~Tree() { std::filesystem::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void WriteV2(const std::string& group, const std::string& max, uint64_t current,
               uint64_t inactive_file) {
    const std::string folder = "/sys/fs/cgroup" + group;
    Write(folder + "/memory.max", max + "\n");
    Write(folder + "/memory.current", std::to_string(current) + "\n");
    Write(folder + "/memory.stat",
          "anon 1\nfile 2\ninactive_file " + std::to_string(inactive_file) + "\nactive_file 5\n");
    Write(folder + "/memory.events", "low 0\nhigh 1\nmax 2\noom 3\noom_kill 4\noom_group_kill 5\n");
  }
  void WriteMachine() {
    Write("/proc/meminfo",
          "MemTotal:       1000000 kB\nMemFree: 1 kB\nMemAvailable:    400000 kB\n");
    Write("/proc/self/statm", "100 10 1 1 0 1 0\n");
  }
  const std::string& root() const { return root_; }

 private:
  char path_[32] = "/tmp/memory_levels.XXXXXX";
  std::string root_;
};

TEST(MemoryLevels, OfVersion2AreThoseOfAllGroupsAbove) {
  Tree tree;
  tree.WriteMachine();
  tree.Write("/proc/self/cgroup", "0::/pod/app\n");
  tree.WriteV2("/pod/app", "max", 900, 100);
  tree.WriteV2("/pod", "1000", 955, 100);
  const MemoryLevels levels(tree.root());
  const MemoryLevel level = levels.Fullest();
  EXPECT_EQ(level.limit, 1000U);
  EXPECT_EQ(level.used, 850U);
  EXPECT_STREQ(level.source, "memory.max");
  EXPECT_EQ(level.left(), 150U);
  EXPECT_EQ(levels.KillsByKernel(), 4);
  EXPECT_EQ(levels.version(), 2);
  EXPECT_EQ(levels.folder(), tree.root() + "/sys/fs/cgroup/pod/app");
}

TEST(MemoryLevels, CountCachesOnlyBelowTheShareThatMatters) {
  Tree tree;
  tree.WriteMachine();
  tree.Write("/proc/self/cgroup", "0::/\n");
  tree.WriteV2("/app", "1000", 855, 100);
  tree.Write("/proc/self/cgroup", "0::/app\n");
  const MemoryLevels levels(tree.root());
  EXPECT_EQ(levels.Fullest(0.9).used, 855U);
  EXPECT_EQ(levels.Fullest(0.8).used, 750U);
}

TEST(MemoryLevels, OfVersion1BesideVersion2AreThoseOfVersion1) {
  Tree tree;
  tree.WriteMachine();
  tree.Write("/proc/self/cgroup", "4:memory:/docker/17\n0::/\n");
  const std::string folder = "/sys/fs/cgroup/memory/docker/17";
  tree.Write(folder + "/memory.limit_in_bytes", "5000\n");
  tree.Write(folder + "/memory.usage_in_bytes", "4000\n");
  tree.Write(folder + "/memory.stat",
             "cache 9\ninactive_file 7\ntotal_inactive_file 300\n"
             "total_active_file 200\n");
  tree.Write(folder + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");
  tree.Write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  tree.Write("/sys/fs/cgroup/memory/memory.usage_in_bytes", "123456789\n");
  const MemoryLevels levels(tree.root());
  EXPECT_EQ(levels.Fullest().limit, 5000U);
  EXPECT_EQ(levels.Fullest().used, 3500U);
  EXPECT_EQ(levels.KillsByKernel(), 7);
  EXPECT_EQ(levels.version(), 1);
}

// In a container the path is often that of the host, and the root is the container's group.
TEST(MemoryLevels, AreThoseOfTheRootWhereThePathIsUnknown) {
  Tree tree;
  tree.WriteMachine();
  tree.Write("/proc/self/cgroup", "0::/kubepods/pod1/abc\n");
  tree.WriteV2("", "2000", 1999, 0);
  EXPECT_EQ(MemoryLevels(tree.root()).Fullest().used, 1994U);
}

TEST(MemoryLevels, FollowALimitThatIsChanged) {
  Tree tree;
  tree.WriteMachine();
  tree.Write("/proc/self/cgroup", "0::/a\n");
  tree.WriteV2("/a", "1000", 900, 0);
  MemoryLevels levels(tree.root());
  EXPECT_EQ(levels.Fullest().limit, 1000U);
  tree.Write("/sys/fs/cgroup/a/memory.max", "1100\n");
  levels.ReadLimits();
  EXPECT_EQ(levels.Fullest().limit, 1100U);
}

TEST(MemoryLevels, OfAMachineCountOnlyForItsLargeProcesses) {
  Tree tree;
  tree.WriteMachine();
  MemoryLevel level = MemoryLevels(tree.root()).Fullest();
  EXPECT_STREQ(level.source, "MemTotal");
  EXPECT_EQ(level.used, 10U * 4096);
  tree.Write("/proc/self/statm", "200000 100000 1 1 0 1 0\n");
  level = MemoryLevels(tree.root()).Fullest();
  EXPECT_EQ(level.used, uint64_t{600000} << 10);
}

TEST(MemoryLevels, AreReadInThisProcess) {
  const MemoryLevels levels;
  const MemoryLevel level = levels.Fullest();
  EXPECT_NE(level.source, nullptr);
  EXPECT_GT(level.used, uint64_t{1} << 16);
  EXPECT_LE(level.used, level.limit);
}

TEST(MemoryLevels, AreNoneWithoutFiles) {
  const MemoryLevels levels("/nowhere");
  EXPECT_EQ(levels.KillsByKernel(), -1);
  EXPECT_LT(levels.Fullest().share(), 1);
}

}  // namespace
}  // namespace pprof::sys
