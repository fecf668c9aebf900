#include "profiler/sys/memory/lazy_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "profiler/symbolize/module/engine.h"

namespace pprof::symbolize {
namespace {

class LazyFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(path_) << std::string(size_t{1} << 20, 'x');
    ASSERT_TRUE(file_.Open(path_));
    ASSERT_EQ(file_.bytes().size, size_t{1} << 20);
  }
  void TearDown() override { unlink(path_.c_str()); }

  uint8_t At(size_t offset) { return file_.bytes().data[offset]; }

  const std::string path_ = testing::TempDir() + "lazy_file." + std::to_string(getpid());
  sys::LazyFile file_;
};

TEST_F(LazyFileTest, ReadsWhatIsAskedFor) {
  EXPECT_EQ(At(500000), 0);
  file_.Load(file_.bytes().Slice(500000, 1));
  EXPECT_EQ(At(500000), 'x');
  EXPECT_EQ(At(0), 0);
  file_.Load(file_.bytes());
  EXPECT_EQ(At((1 << 20) - 1), 'x');
}

TEST_F(LazyFileTest, DroppedBytesCanBeLoadedAgain) {
  file_.Load(file_.bytes());
  file_.Drop(file_.bytes().Slice(100000, 800000));
  EXPECT_EQ(At(500000), 0);
  EXPECT_EQ(At(100000), 'x') << "its piece is only partly dropped";
  file_.Load(file_.bytes().Slice(500000, 1));
  EXPECT_EQ(At(500000), 'x');
}

// A mapping of the file would end the process here with SIGBUS.
TEST_F(LazyFileTest, TruncatedFileHasZeros) {
  file_.Load(file_.bytes().Slice(0, 1));
  ASSERT_EQ(truncate(path_.c_str(), 0), 0);
  EXPECT_EQ(At(0), 'x') << "was read before";
  file_.Load(file_.bytes());
  EXPECT_EQ(At(500000), 0);
}

TEST(LazyFile, OpensOnlyRegularFilesWithContents) {
  EXPECT_FALSE(sys::LazyFile().Open("/dev/zero"));
  EXPECT_FALSE(sys::LazyFile().Open("/proc/self/maps")) << "its size is unknown";
  EXPECT_FALSE(sys::LazyFile().Open(testing::TempDir()));
  const std::string fifo = testing::TempDir() + "lazy_fifo." + std::to_string(getpid());
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(sys::LazyFile().Open(fifo));
  unlink(fifo.c_str());
}

struct IgnoreFrames : FrameSink {
  void OnAddress(size_t, const RawFrame*, size_t count) override { frames += count; }
  size_t frames = 0;
};

// What `cp new old` does to the debug information of a running program.
TEST(LazyFile, FileRewrittenWhileItIsSymbolizedCostsOnlyNames) {
  std::ifstream self("/proc/self/exe", std::ios::binary);
  const std::string contents((std::istreambuf_iterator<char>(self)), {});
  ModuleRef module;
  module.path = testing::TempDir() + "rewritten." + std::to_string(getpid());
  module.mapped = true;
  std::vector<uint64_t> offsets;
  for (uint64_t at = 0; at < contents.size(); at += 4096) offsets.push_back(at);
  std::ofstream(module.path, std::ios::binary) << contents;
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    while (!stop) std::ofstream(module.path, std::ios::binary) << contents;
  });
  for (int i = 0; i < 20; ++i) {
    IgnoreFrames frames;
    ResolveBatch(module, offsets, {}, frames);
  }
  stop = true;
  writer.join();
  IgnoreFrames frames;
  ResolveBatch(module, offsets, {}, frames);
  EXPECT_GT(frames.frames, 100u) << "complete again";
  unlink(module.path.c_str());
}

}  // namespace
}  // namespace pprof::symbolize
