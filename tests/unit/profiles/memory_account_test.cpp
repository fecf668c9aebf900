// What the resident memory consists of: exact sums of given numbers, and memory of each kind that
// the test takes itself.
#include "profiler/profiles/heap/memory_account.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

#include "profiler/sys/memory_limits/resident_memory.h"
#include "profiler/sys/process/sanitizers.h"

namespace pprof::profiles {
namespace {

constexpr int64_t kMebibyte = 1 << 20;
constexpr size_t kTaken = 64 << 20;
constexpr int64_t kSlack = 4 * kMebibyte;  // what the test and the allocator take beside it

MemoryAccount Account() {
  MemoryAccount account;
  std::string reason;
  EXPECT_TRUE(ReadMemoryAccount(&account, &reason)) << reason;
  return account;
}

int64_t SumOf(const MemoryAccount& a) {
  return a.sampled_heap + a.rounding + a.sampling_error + a.free_in_tcmalloc + a.tcmalloc_tables +
         a.never_touched + a.stacks + a.mapped + a.files + a.shared_memory + a.profiler + a.other;
}

int64_t LiveOf(const MemoryAccount& a) { return a.sampled_heap + a.rounding + a.sampling_error; }

TEST(MemoryAccount, TheSentenceAddsUpInWholeMebibytes) {
  MemoryAccount account;
  account.resident = 590 * kMebibyte + 400'000;
  account.sampled_heap = 73 * kMebibyte + 500'000;
  account.rounding = 83 * kMebibyte + 500'000;
  account.never_touched = -1024 * kMebibyte;
  account.mapped = 256 * kMebibyte - 1;
  Balance(&account);
  EXPECT_EQ(SumOf(account), account.resident);
  EXPECT_EQ(
      SentenceOf(account),
      "RSS 590 MiB = sampled heap 73 + size-class rounding 83 - allocated or free but never "
      "touched 1024 + mapped by the program outside malloc 256 + other 1202 (resident memory, "
      "and what it consists of)");
  EXPECT_NE(LinesOf(account).find("# RSS = 619059840\n# RSS.SampledHeap = 77046048\n"),
            std::string::npos)
      << LinesOf(account);
}

TEST(MemoryAccount, KnowsWhatTheProgramMaps) {
  if (sys::SanitizerIsPresent()) GTEST_SKIP() << "its shadow memory is mapped, too";
  const MemoryAccount before = Account();
  void* mapped = mmap(nullptr, kTaken, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const MemoryAccount untouched = Account();
  std::memset(mapped, 1, kTaken);
  const MemoryAccount after = Account();
  munmap(mapped, kTaken);
  EXPECT_NEAR(untouched.mapped, before.mapped, kSlack);
  EXPECT_NEAR(after.mapped - before.mapped, kTaken, kSlack);
  EXPECT_NEAR(after.resident - before.resident, kTaken, kSlack);
  EXPECT_NEAR(after.other, before.other, kSlack);
  EXPECT_EQ(SumOf(after), after.resident);
}

TEST(MemoryAccount, KnowsMemoryThatWasNeverTouched) {
  if (sys::SanitizerIsPresent()) GTEST_SKIP() << "it has an allocator of its own";
  const MemoryAccount before = Account();
  const std::unique_ptr<void, decltype(&std::free)> block(std::malloc(kTaken), &std::free);
  void* volatile keep = block.get();
  const MemoryAccount untouched = Account();
  std::memset(keep, 1, kTaken);
  const MemoryAccount after = Account();
  EXPECT_NEAR(LiveOf(untouched) - LiveOf(before), kTaken, kSlack);
  EXPECT_NEAR(untouched.never_touched - before.never_touched, -int64_t{kTaken}, kSlack);
  EXPECT_NEAR(after.never_touched, before.never_touched, kSlack);
  EXPECT_NEAR(untouched.other, before.other, kSlack);
  EXPECT_NEAR(after.other, before.other, kSlack);
}

TEST(MemoryAccount, KnowsMemoryThatWasFreed) {
  if (sys::SanitizerIsPresent()) GTEST_SKIP() << "it has an allocator of its own";
  std::vector<void*> blocks(kTaken / 65536);
  for (void*& block : blocks) block = std::memset(std::malloc(65536), 1, 65536);
  const MemoryAccount before = Account();
  for (void* block : blocks) std::free(block);
  const MemoryAccount after = Account();
  EXPECT_NEAR(LiveOf(before) - LiveOf(after), kTaken, kSlack);
  EXPECT_NEAR(after.free_in_tcmalloc - before.free_in_tcmalloc, kTaken, kSlack);
  EXPECT_NEAR(after.other, before.other, kSlack);
}

[[gnu::noinline]] void UseStack(size_t bytes) {
  auto* block = static_cast<char*>(__builtin_alloca(bytes));
  std::memset(block, 1, bytes);
  asm volatile("" : : "r"(block) : "memory");
}

// Threads that have used their stacks and wait.
class DeepThreads {
 public:
  DeepThreads(size_t count, size_t bytes) {
    for (size_t i = 0; i < count; ++i) {
      threads_.emplace_back([this, bytes] {
        UseStack(bytes);
        std::unique_lock<std::mutex> lock(mutex_);
        ++ready_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return ended_; });
      });
    }
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return ready_ == count; });
  }
  ~DeepThreads() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t ready_ = 0;
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

// The kernel merges a stack with what is mapped above it into one area.
TEST(MemoryAccount, TellsStacksFromMemoryBesideThem) {
  if (sys::SanitizerIsPresent()) GTEST_SKIP() << "it has an allocator of its own";
  const MemoryAccount before = Account();
  void* mapped = mmap(nullptr, kTaken, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(mapped, MAP_FAILED);
  std::memset(mapped, 1, kTaken);
  const DeepThreads threads(16, 2 << 20);
  const MemoryAccount after = Account();
  munmap(mapped, kTaken);
  EXPECT_NEAR(after.stacks - before.stacks, 32 * kMebibyte, kSlack);
  EXPECT_NEAR(after.mapped - before.mapped, kTaken, kSlack);
  EXPECT_NEAR(after.other, before.other, kSlack);
}

TEST(AnonymousAreas, AreThoseOfNoFile) {
  constexpr std::string_view maps =
      "555500000000-555500001000 r-xp 00000000 08:01 12   /bin/app\n"
      "555500001000-555500002000 rw-p 00001000 08:01 12   /bin/app\n"
      "555500002000-555500005000 rw-p 00000000 00:00 0 \n"
      "555500008000-555500009000 rw-p 00000000 00:00 0    [heap]\n"
      "7f0000000000-7f0000001000 ---p 00000000 00:00 0 \n"
      "7f0000001000-7f0000002000 rw-p 00000000 00:00 0 \n"
      "7f0000002000-7f0000003000 rw-s 00000000 00:01 77   /dev/zero (deleted)\n"
      "7f0000004000-7f0000005000 rw-p 00000000 00:00 0    [anon:cache]\n"
      "nonsense\n"
      "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0    [stack]\n"
      "7ffc00030000-7ffc00032000 r-xp 00000000 00:00 0    [vdso]\n";
  using Kind = sys::AnonymousArea::Kind;
  const std::vector<sys::AnonymousArea> areas = sys::ParseAnonymousAreas(maps);
  std::vector<std::pair<uintptr_t, Kind>> seen;
  for (const auto& area : areas) seen.emplace_back(area.begin, area.kind);
  const std::vector<std::pair<uintptr_t, Kind>> wanted = {{0x555500002000, Kind::kModuleData},
                                                          {0x555500008000, Kind::kBreak},
                                                          {0x7f0000001000, Kind::kMapped},
                                                          {0x7f0000004000, Kind::kMapped},
                                                          {0x7ffc00000000, Kind::kMainStack}};
  EXPECT_EQ(seen, wanted);
}

TEST(ResidentTotals, NeedAllThreeNumbers) {
  sys::ResidentTotals totals;
  std::istringstream status("VmRSS:\t 10 kB\nRssAnon:\t 6 kB\nRssFile:\t 3 kB\nRssShmem:\t 1 kB\n");
  ASSERT_TRUE(sys::ParseResidentTotals(status, &totals));
  EXPECT_EQ(totals.anonymous, 6144u);
  EXPECT_EQ(totals.files, 3072u);
  EXPECT_EQ(totals.shared, 1024u);
  std::istringstream old("VmRSS:\t 10 kB\n");
  EXPECT_FALSE(sys::ParseResidentTotals(old, &totals));
}

}  // namespace
}  // namespace pprof::profiles
