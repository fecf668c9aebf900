#include "profiler/sys/memory_limits/memory_notice.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "profiler/sys/memory_limits/memory_group.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::sys {
namespace {

constexpr int64_t kSecond = 1000000000;

double SecondsOf(MemoryNotice* notice, int64_t nanos) {
  const auto begin = std::chrono::steady_clock::now();
  notice->Wait(nanos);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

TEST(MemoryNotice, ThereIsNoneWithoutAGroup) {
  MemoryNotice notice("", 0, {0.5});
  EXPECT_FALSE(notice.any());
  EXPECT_GE(SecondsOf(&notice, kSecond / 20), 0.049);
  EXPECT_FALSE(MemoryNotice("/nowhere", 1, {0.5}).any());
  EXPECT_FALSE(MemoryNotice("/nowhere", 2, {0.5}).any());
}

// A new group of version 1 with this process in it, where one can be made.
class Group {
 public:
  Group() {
    std::ifstream file("/proc/self/cgroup");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const MemoryGroup group = ParseMemoryGroup(text);
    if (group.version != 1) return;
    parent_ = "/sys/fs/cgroup/memory" + (group.path == "/" ? "" : group.path);
    folder_ = parent_ + "/pprof-notice-" + std::to_string(getpid());
    if (access(parent_.c_str(), W_OK) != 0 || mkdir(folder_.c_str(), 0755) != 0) return;
    Write(folder_ + "/memory.limit_in_bytes", std::to_string(64 << 20));
    Write(folder_ + "/cgroup.procs", "0");
    made_ = true;
  }
  ~Group() {
    if (!made_) return;
    Write(parent_ + "/cgroup.procs", "0");
    rmdir(folder_.c_str());
  }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  bool made() const { return made_; }
  const std::string& folder() const { return folder_; }

 private:
  static void Write(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
  }

  std::string parent_;
  std::string folder_;
  bool made_ = false;
};

TEST(MemoryNotice, ComesWhenAShareIsReached) {
  if (SanitizerIsPresent()) GTEST_SKIP() << "it needs more memory than the group has";
  const Group group;
  if (!group.made()) GTEST_SKIP() << "no memory cgroup of version 1 can be made here";
  MemoryNotice notice(group.folder(), 1, {0.5});
  ASSERT_TRUE(notice.any());
  std::vector<char> used(size_t{40} << 20);
  std::memset(used.data(), 1, used.size());
  __asm__ volatile("" : : "r"(used.data()) : "memory");  // clang++ removes unseen memory
  EXPECT_LT(SecondsOf(&notice, 60 * kSecond), 30);       // at once
  EXPECT_GE(SecondsOf(&notice, kSecond / 20), 0.049);
}

}  // namespace
}  // namespace pprof::sys
