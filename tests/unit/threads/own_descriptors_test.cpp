#include "profiler/sys/thread/own_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>
#include <vector>

#include "pprof/pprof.h"
#include "pprof/recording.h"

namespace pprof::sys {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// Opens a file beside one of the program's. Returns a descriptor above it.
int OpenBeside(int ours) {
  EXPECT_FALSE(IsOpen(ours));
  EXPECT_LT(write(STDERR_FILENO, "text", 4), 0) << "a message has nowhere to go";
  const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  EXPECT_GT(fd, STDERR_FILENO);
  return fcntl(fd, F_DUPFD_CLOEXEC, ours + 1);
}

TEST(OwnDescriptors, AreNotThePrograms) {
  const int ours = open("/dev/null", O_RDONLY);
  ASSERT_GE(ours, 0);
  const int theirs = WithOwnDescriptors([ours] { return OpenBeside(ours); });
  EXPECT_GT(theirs, ours);
  EXPECT_FALSE(IsOpen(theirs));
  EXPECT_TRUE(IsOpen(ours));
  close(ours);
}

TEST(OwnDescriptors, NestedCallsShareOneTable) {
  const bool shared = WithOwnDescriptors([] {
    const int fd = open("/dev/null", O_RDONLY);
    return WithOwnDescriptors([fd] { return IsOpen(fd); });
  });
  EXPECT_TRUE(shared);
}

TEST(OwnDescriptors, ExceptionsReachTheCaller) {
  EXPECT_THROW(RunWithOwnDescriptors([] { throw std::runtime_error("no"); }), std::runtime_error);
}

// The limit is used up as a server does whose accept() begins to fail.
class NoDescriptorLeft {
 public:
  NoDescriptorLeft() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit low{64, before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &low);
    for (int fd; (fd = open("/dev/null", O_RDONLY)) >= 0;) taken_.push_back(fd);
  }
  ~NoDescriptorLeft() {
    for (const int fd : taken_) close(fd);
    setrlimit(RLIMIT_NOFILE, &before_);
  }
  NoDescriptorLeft(const NoDescriptorLeft&) = delete;
  NoDescriptorLeft& operator=(const NoDescriptorLeft&) = delete;

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

TEST(OwnDescriptors, ProfilesAreCompleteWhenTheProgramHasNoneLeft) {
  const NoDescriptorLeft none;
  ASSERT_LT(open("/dev/null", O_RDONLY), 0);
  auto recording = Recording::Start("profile", 1000);
  ASSERT_TRUE(recording.ok()) << recording.status().message();
  const auto cpu = std::move(recording).value().Stop();
  EXPECT_TRUE(cpu.ok());
  const auto threads = Collect("goroutine");
  ASSERT_TRUE(threads.ok()) << threads.status().message();
  std::ostringstream text;
  ASSERT_TRUE(threads.value().WriteTo(text, Format::kText).ok());
  EXPECT_NE(text.str().find("ProfilesAreCompleteWhenTheProgramHasNoneLeft"), std::string::npos)
      << text.str();
}

}  // namespace
}  // namespace pprof::sys
