#include "profiler/watch/capture/capture_files.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "profiler/signal_safe/heap/heap_sampler.h"
#include "profiler/watch/folder/capture_list.h"

namespace pprof::watch {
namespace {

constexpr int64_t kSecond = 1000000000;
constexpr int64_t kNow = 1795858765 * kSecond;

void* volatile kept;  // so that no compiler leaves out the pair

void Allocate() {
  kept = std::malloc(1000);
  std::free(kept);
}

class CaptureFilesTest : public testing::Test {
 public:
  CaptureFilesTest(const CaptureFilesTest&) = delete;
  CaptureFilesTest& operator=(const CaptureFilesTest&) = delete;

 protected:
  CaptureFilesTest() : top_(mkdtemp(path_)), memory_(std::make_unique<CaptureMemory>()) {
    std::string why_not;
    folder_ = sys::PrivateFolder::Open(top_ + "/captures", &why_not);
    EXPECT_EQ(why_not, "");
  }
  ~CaptureFilesTest() override { std::filesystem::remove_all(top_); }

  std::string Take(int64_t wall_nanos, const char* reason = "asked") {
    CaptureFiles files(&folder_, ".part.1", memory_.get(), &levels_);
    const int error = files.WriteFirst({reason, levels_.Fullest(), wall_nanos});
    return error == 0 ? files.name().text : "error " + std::to_string(error);
  }
  std::string captures() const { return top_ + "/captures"; }

  char path_[32] = "/tmp/capture_files.XXXXXX";
  const std::string top_;
  std::unique_ptr<CaptureMemory> memory_;
  sys::PrivateFolder folder_;
  const sys::MemoryLevels levels_;
};

// With an interval of 1 every allocation is a sample, on any thread; there is only this one.
TEST_F(CaptureFilesTest, TheFirstPartAllocatesNothing) {
  Take(kNow);  // what is made at first use
  Sampling sampling = GetSampling();
  sampling.heap_interval = 1;
  ASSERT_TRUE(SetSampling(sampling).ok());
  for (int i = 0; i < 600; ++i) Allocate();  // the countdown of this thread has run out
  const uint64_t before = signal_safe::heap_sampler.samples;
  Allocate();
  const uint64_t each = signal_safe::heap_sampler.samples - before;
  CaptureFiles files(&folder_, ".part.1", memory_.get(), &levels_);
  const uint64_t begin = signal_safe::heap_sampler.samples;
  const int error = files.WriteFirst({"memory90", levels_.Fullest(), kNow});
  files.AddTables();
  EXPECT_EQ(signal_safe::heap_sampler.samples, begin);
  EXPECT_EQ(error, 0);
  sampling.heap_interval = size_t{512} << 10;
  ASSERT_TRUE(SetSampling(sampling).ok());
  if (each == 0) GTEST_SKIP() << "heap sampling is not supported here";
}

TEST_F(CaptureFilesTest, AClockThatJumpsMakesNewNames) {
  const std::set<std::string> names = {Take(kNow),     Take(kNow), Take(kNow - 3600 * kSecond),
                                       Take(kNow),     Take(0),    Take(-kSecond),
                                       Take(INT64_MAX)};
  EXPECT_EQ(names.size(), 7U);
  EXPECT_EQ(ListCaptures(folder_).size(), 7U);
  for (const CaptureInfo& info : ListCaptures(folder_)) {
    EXPECT_EQ(names.count(info.name), 1U) << info.name;
  }
}

TEST_F(CaptureFilesTest, WhatHasThePendingNameIsReplaced) {
  std::filesystem::create_directory(captures() + "/.part.1");
  std::ofstream(captures() + "/.part.1/heap.pb.gz") << "half";
  const std::string first = Take(kNow);
  EXPECT_TRUE(folder_.IsFolder(first.c_str())) << first;
  std::filesystem::create_directory(top_ + "/other");
  std::ofstream(top_ + "/other/file") << "kept";
  std::filesystem::create_directory_symlink(top_ + "/other", captures() + "/.part.1");
  const std::string second = Take(kNow + kSecond);
  EXPECT_TRUE(folder_.IsFolder(second.c_str())) << second;
  EXPECT_TRUE(std::filesystem::exists(top_ + "/other/file"));
}

TEST_F(CaptureFilesTest, AFolderThatIsGoneIsAnError) {
  std::filesystem::remove_all(captures());
  EXPECT_EQ(Take(kNow), "error 2");
}

TEST_F(CaptureFilesTest, LinksAreNoCapturesAndAreNotFollowed) {
  const std::string name = Take(kNow);
  std::filesystem::create_directory_symlink(name, captures() + "/20261128T093926Z.1.asked");
  EXPECT_EQ(ListCaptures(folder_).size(), 1U);
  std::ofstream(top_ + "/secret") << "x";
  std::filesystem::create_symlink(top_ + "/secret", captures() + "/" + name + "/link");
  EXPECT_LT(folder_.Enter(name.c_str()).OpenFile("link"), 0);
  EXPECT_EQ(folder_.Enter(name.c_str()).SizeOf("link"), 0U);
  EXPECT_TRUE(RemoveCapture(folder_, name));
  EXPECT_TRUE(std::filesystem::exists(top_ + "/secret"));
}

TEST_F(CaptureFilesTest, HalfRemovedOnesAreNoCapturesAndGo) {
  const std::string name = Take(kNow);
  ASSERT_TRUE(folder_.Rename(name.c_str(), (".gone." + name).c_str()));
  EXPECT_TRUE(ListCaptures(folder_).empty());
  RemoveLeftovers(folder_);
  EXPECT_TRUE(std::filesystem::is_empty(captures()));
}

}  // namespace
}  // namespace pprof::watch
