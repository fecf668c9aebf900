// Without a usable /proc no profile is silently empty.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <string>

#include "pprof/pprof.h"
#include "pprof/recording.h"
#include "tests/unit/threads/child_process.h"

namespace pprof {
namespace {

constexpr int kNotRoot = 77;

std::string TextOf(const Snapshot& snapshot) {
  std::ostringstream text;
  static_cast<void>(snapshot.WriteTo(text, Format::kText));
  return text.str();
}

bool Says(const std::string& text, const char* part) {
  if (text.find(part) != std::string::npos) return true;
  std::fprintf(stderr, "\"%s\" is not in:\n%s\n", part, text.c_str());
  return false;
}

// One bit for each profile that says nothing.
int AskWithoutProc() {
  if (chroot("/tmp") != 0 || chdir("/") != 0) return kNotRoot;
  int silent = 0;
  auto cpu = Recording::Start("profile");
  const auto recorded = cpu.ok() ? std::move(cpu).value().Stop() : Result<Snapshot>(cpu.status());
  if (!recorded.ok() || !Says(TextOf(recorded.value()), "/proc/self/task cannot be read")) {
    silent |= 1;
  }
  const auto wall = Recording::Start("wall");
  if (wall.ok() || !Says(wall.status().message(), "/proc/self/task cannot be read")) silent |= 2;
  const auto threads = Collect("goroutine");
  if (threads.ok() || !Says(threads.status().message(), "/proc/self/task cannot")) silent |= 4;
  const auto created = Collect("threadcreate");
  if (!created.ok() || !Says(TextOf(created.value()), "/proc/self/task cannot be read"))
    silent |= 8;
  const auto heap = Collect("heap");
  if (!heap.ok() || !Says(TextOf(heap.value()), "/proc/self/maps cannot be read")) silent |= 16;
  return silent;
}

TEST(NoProc, EveryProfileSaysSo) {
  const int silent = testing::RunInChild(AskWithoutProc);
  if (silent == kNotRoot) GTEST_SKIP() << "chroot needs root";
  EXPECT_EQ(silent, 0);
}

}  // namespace
}  // namespace pprof
