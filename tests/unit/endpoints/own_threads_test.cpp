// The profiler's own threads must not appear in the program's profiles.
#include "pprof/own_threads.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>

#include "pprof/http.h"
#include "pprof/recording.h"
#include "tests/unit/endpoints/http_client.h"

namespace pprof::http {
namespace {

std::string TextOf(const char* profile) {
  std::ostringstream out;
  EXPECT_TRUE(Collect(profile).value().Symbolize().WriteTo(out, Format::kText).ok());
  return out.str();
}

// Samples every wait and every contended unlock in its scope.
class EverythingKept {
 public:
  EverythingKept() {
    Sampling on = before_;
    on.block_interval = std::chrono::nanoseconds(1);
    on.mutex_fraction = 1;
    EXPECT_TRUE(SetSampling(on).ok());
  }
  ~EverythingKept() { EXPECT_TRUE(SetSampling(before_).ok()); }

 private:
  const Sampling before_ = GetSampling();
};

void WaitShortly() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock<std::mutex> lock(mutex);
  never.wait_for(lock, std::chrono::milliseconds(3));
}

// One per test, so that no test sees another's waits. The assembly prevents tail calls and, with a
// different comment each, merging of identical functions: the tests look for their frames.
#define WAITING_FUNCTION(name)            \
  __attribute__((noinline)) void name() { \
    WaitShortly();                        \
    __asm__ volatile("# " #name);         \
  }
WAITING_FUNCTION(WaitWhileServed)
WAITING_FUNCTION(WaitInMarkedThread)
WAITING_FUNCTION(WaitInPlainThread)
WAITING_FUNCTION(WaitInGrandchild)

bool IsInBlock(const char* function) { return TextOf("block").find(function) != std::string::npos; }

class OwnThreads : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Collect("block").ok()) GTEST_SKIP() << Collect("block").status().message();
  }
};

TEST_F(OwnThreads, ServeAndRecordWithoutBeingInBlock) {
  const EverythingKept kept;
  Options options;
  options.address = "127.0.0.1:0";
  {
    const auto server = Server::Start(options);
    ASSERT_TRUE(server.ok()) << server.status().message();
    auto cpu = Recording::Start("profile");
    auto wall = Recording::Start("wall");
    ASSERT_TRUE(cpu.ok() && wall.ok());
    const uint16_t port = server.value().port();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(Get(port, "/debug/pprof/heap").status, 200);
    EXPECT_EQ(Get(port, "/debug/pprof/goroutine?seconds=1").status, 200);
    EXPECT_TRUE(std::move(wall).value().Stop().ok());
    EXPECT_TRUE(std::move(cpu).value().Stop().ok());
    WaitWhileServed();
  }
  const std::string block = TextOf("block");
  EXPECT_NE(block.find("WaitWhileServed"), std::string::npos) << "no waits are recorded";
  for (const char* own : {"WorkerPool::Run", "RunOwnThread", "ConnectionGate::Run", "RunDrain"}) {
    EXPECT_EQ(block.find(own), std::string::npos) << own << " in\n" << block;
  }
}

TEST_F(OwnThreads, ScopeMarksThreadsThatAreCreatedInIt) {
  const EverythingKept kept;
  {
    const ScopedOwnThreads own;
    { const ScopedOwnThreads nested; }
    std::thread([] { WaitInMarkedThread(); }).join();
  }
  std::thread([] { WaitInPlainThread(); }).join();
  EXPECT_FALSE(IsInBlock("WaitInMarkedThread"));
  EXPECT_TRUE(IsInBlock("WaitInPlainThread"));
}

// A program's handler on a profiler thread may start application threads.
TEST_F(OwnThreads, DoNotPassItOn) {
  const EverythingKept kept;
  const ScopedOwnThreads own;
  std::thread([] { std::thread([] { WaitInGrandchild(); }).join(); }).join();
  EXPECT_TRUE(IsInBlock("WaitInGrandchild"));
}

}  // namespace
}  // namespace pprof::http
