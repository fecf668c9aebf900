// Holders are asked for again and again while memory, modules and threads come and go.
#include <gtest/gtest.h>
#include <pprof/labels.h>
#include <pprof/pprof.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "profiler/model/snapshot_access.h"
#include "scenarios.h"
#include "tests/safety/threads/storm_gusts.h"

namespace pprof::holders_test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kPage = 4096;

std::chrono::seconds Duration() {
  const char* wanted = std::getenv("PPROF_CPP_STORM_SECONDS");
  return std::chrono::seconds(wanted == nullptr ? 4 : std::atoi(wanted));
}

std::vector<std::unique_ptr<char[]>> kept;

void Fork() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, nullptr, 0);
}

void MapAndUnmap() {
  void* pages =
      mmap(nullptr, 64 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) std::abort();
  static_cast<void**>(pages)[1] = pages;
  munmap(pages, 64 * kPage);
}

// Pages of the heap that cannot be read for a while, and that lose their contents.
void ProtectAndAdvise() {
  char* block = Buffer(size_t{1} << 20);
  char* page = block + kPage - reinterpret_cast<uintptr_t>(block) % kPage;
  mprotect(page, 16 * kPage, PROT_NONE);
  std::this_thread::yield();
  mprotect(page, 16 * kPage, PROT_READ | PROT_WRITE);
  madvise(page, 16 * kPage, MADV_DONTNEED);
  madvise(page, 16 * kPage, MADV_DONTFORK);
  madvise(page, 16 * kPage, MADV_DOFORK);
  delete[] block;
}

void StartAThread() {
  std::thread([] { delete[] Buffer(100); }).join();
}

void AllocateAndFree() {
  std::vector<std::unique_ptr<char[]>> blocks;
  for (int i = 0; i < 100; ++i) blocks.emplace_back(Buffer(64 + 16 * static_cast<size_t>(i)));
}

// How many of the blocks of `kept` the profile gives to another holder, or calls lost.
int64_t WrongIn(const std::string& profile_name) {
  auto snapshot = Collect(profile_name);
  EXPECT_TRUE(snapshot.ok()) << snapshot.status().message();
  if (!snapshot.ok()) return 1;
  const model::Profile& profile = model::SnapshotAccess::ProfileOf(snapshot.value());
  int64_t wrong = 0;
  for (size_t i = 0; i < profile.samples.size(); ++i) {
    bool ours = false;
    bool right = false;
    for (const Label& label : profile.label_sets[profile.samples[i].label_set]) {
      ours |= label.key == "scenario" && label.text == "kept";
      right |= label.key == "holder" && label.text.find("::kept") != std::string::npos;
    }
    if (ours && !right) wrong += profile.ValuesOf(i)[0];
  }
  return wrong;
}

TEST(HoldersStorm, NeitherHarmsNorErrs) {
  Sampling all;
  all.heap_interval = 1;
  ASSERT_TRUE(SetSampling(all).ok());
  {
    const ScopedLabels labels(LabelSet{{"scenario", "kept"}});
    for (int i = 0; i < 1000; ++i) kept.emplace_back(Buffer(120));
  }
  Sampling few;
  few.heap_interval = 4096;
  ASSERT_TRUE(SetSampling(few).ok());
  std::atomic<bool> stop{false};
  std::vector<std::thread> storm;
  for (void (*gust)() : {Fork, MapAndUnmap, ProtectAndAdvise, StartAThread, AllocateAndFree,
                         testing::LoadAndUnload}) {
    storm.emplace_back([gust, &stop] {
      while (!stop) gust();
    });
  }
  int looks = 0;
  for (const auto end = Clock::now() + Duration(); Clock::now() < end; ++looks) {
    EXPECT_EQ(WrongIn("holders"), 0);
    if (looks % 4 == 0) {
      EXPECT_EQ(WrongIn("leak"), 0);
    }
  }
  stop = true;
  for (std::thread& gust : storm) gust.join();
  std::printf("%d looks\n", looks);
}

}  // namespace
}  // namespace pprof::holders_test
