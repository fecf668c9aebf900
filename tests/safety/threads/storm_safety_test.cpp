// All conditions that break profilers, at once, while all profiles are fetched in a loop.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>
#include <vector>

#include "pprof/labels.h"
#include "pprof/recording.h"
#include "profiler/signal_safe/unwind/row_cache.h"
#include "profiler/signal_safe/unwind/unwind.h"
#include "tests/process_resources.h"
#include "tests/safety/threads/storm_gusts.h"

namespace pprof {
namespace {

using Clock = std::chrono::steady_clock;
using testing::Entries;
using testing::IterateModules;
using testing::LoadAndUnload;
using testing::PosixTimers;
using testing::ResidentKiB;
using testing::Throw;

std::chrono::seconds Duration() {
  const char* wanted = std::getenv("PPROF_CPP_STORM_SECONDS");
  return std::chrono::seconds(wanted == nullptr ? 8 : std::atoi(wanted));
}

struct Held {
  size_t descriptors = Entries("/proc/self/fd");
  size_t threads = Entries("/proc/self/task");
  size_t timers = PosixTimers();
};

// --- the parts of the storm ---

void Fork() {
  const pid_t child = fork();
  if (child == 0) _exit(7);
  int status = 0;
  if (child < 0) return;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) std::abort();
}

void* Burn(void*) {
  for (volatile int i = 0; i < 20000; i = i + 1) {
  }
  return nullptr;
}

// Threads that end in every possible way.
void ChurnThreads() {
  static std::atomic<unsigned> turn{0};
  pthread_t thread;
  switch (turn++ % 4) {
    case 0:
      pthread_create(&thread, nullptr, Burn, nullptr);
      break;
    case 1:
      pthread_create(
          &thread, nullptr,
          [](void* nothing) -> void* {
            Burn(nothing);
            pthread_exit(nothing);
          },
          nullptr);
      break;
    case 2:
      pthread_create(
          &thread, nullptr,
          [](void*) -> void* {
            for (;;) pause();
          },
          nullptr);
      pthread_cancel(thread);
      break;
    default:
      pthread_create(
          &thread, nullptr,
          [](void* nothing) -> void* {
            Burn(nothing);
            syscall(SYS_exit, 0);
            return nothing;
          },
          nullptr);
  }
  pthread_join(thread, nullptr);
}

void Allocate() {
  std::vector<std::string> words;
  for (size_t i = 0; i < 100; ++i) words.emplace_back(i * 7, 'x');
}

void ChangeLabels() {
  static const LabelSet sets[] = {LabelSet{{"route", "/a"}}, LabelSet{{"route", "/b"}}};
  for (const LabelSet& set : sets) Do(set, Allocate);
}

// --- concurrent requests ---

void FetchAll() {
  auto cpu = Recording::Start("profile", 1000);
  auto wall = Recording::Start("wall", 1000);
  for (const ProfileType* type : ProfileTypes()) {
    if (!type->collect) continue;
    const bool dump = type->has_dump;
    const auto snapshot = Collect(type->name, dump ? Parameters{{"debug", "2"}} : Parameters{});
    if (!snapshot.ok()) continue;
    std::ostringstream out;
    const Status written =
        snapshot.value().Symbolize().WriteTo(out, dump ? Format::kDump : Format::kProto);
    if (!written.ok()) std::abort();
  }
  for (auto* recording : {&cpu, &wall}) {
    if (!recording->ok()) continue;
    std::ostringstream out;
    const auto snapshot = std::move(recording->value()).Stop();
    if (snapshot.ok() && !snapshot.value().Symbolize().WriteTo(out).ok()) std::abort();
  }
}

struct Gust {
  const char* name;
  std::function<void()> blow;
};

TEST(Storm, NothingCrashesHangsOrLeaks) {
  const size_t threads_at_start = Entries("/proc/self/task");
  FetchAll();  // allocates everything that is kept
  ASSERT_TRUE(testing::SettlesAtThreads(threads_at_start));
  const Held before;
  const Gust gusts[] = {{"dlopen", LoadAndUnload},
                        {"throw", Throw},
                        {"dl_iterate_phdr", IterateModules},
                        {"fork", Fork},
                        {"threads", ChurnThreads},
                        {"malloc", Allocate},
                        {"labels", ChangeLabels},
                        {"fetch", FetchAll}};
  constexpr size_t kGusts = std::size(gusts);
  std::atomic<uint64_t> rounds[kGusts] = {};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kGusts; ++i) {
    threads.emplace_back([&, i] {
      while (!stop) {
        gusts[i].blow();
        ++rounds[i];
      }
    });
  }
  const auto end = Clock::now() + Duration();
  auto last_progress = Clock::now();
  uint64_t last_sum = 0;
  bool all_blew = false;
  size_t resident_early = 0;
  while (Clock::now() < end || !all_blew) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    uint64_t sum = 0;
    for (const auto& count : rounds) sum += count;
    all_blew = std::all_of(std::begin(rounds), std::end(rounds),
                           [](const auto& count) { return count.load() > 0; });
    if (sum != last_sum) last_progress = Clock::now();
    last_sum = sum;
    // dl_iterate_phdr loops starve dlopen for seconds by themselves: only no progress at all is a
    // hang.
    ASSERT_LT(Clock::now() - last_progress, std::chrono::seconds(30)) << "hang";
    if (resident_early == 0 && end - Clock::now() < Duration() / 2) resident_early = ResidentKiB();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < kGusts; ++i) {
    std::printf("%-16s %lu rounds\n", gusts[i].name, rounds[i].load());
  }
  std::printf("resident: %zu KiB half-way, %zu KiB at the end\n", resident_early, ResidentKiB());
  EXPECT_TRUE(testing::SettlesAtThreads(before.threads));
  const Held after;
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.timers, before.timers);
  EXPECT_LT(ResidentKiB(), resident_early + 64 * 1024);
}

// A copied stack may contain addresses of code that is being unloaded. Verified to crash within a
// second without ModulesStay in UnwindCopy.
TEST(Storm, CopiedStacksIntoCodeThatIsUnloaded) {
  std::atomic<uintptr_t> code{0};
  std::atomic<bool> stop{false};
  std::thread loader([&] {
    while (!stop) {
      void* plugin = dlopen(PPROF_STORM_PLUGIN, RTLD_NOW);
      code = reinterpret_cast<uintptr_t>(dlsym(plugin, "ThrowInPlugin")) + 4;
      dlclose(plugin);
    }
  });
  uint64_t walked = 0, refused = 0;
  const auto end = Clock::now() + Duration() / 4;
  while (Clock::now() < end || walked <= 1000) {
    const uintptr_t copy[64] = {};
    signal_safe::Registers from;
    from.pc = code;
    from.sp = reinterpret_cast<uintptr_t>(copy);
    uintptr_t pcs[16];
    // The cache would hide all but the first read of the module's tables.
    signal_safe::ForgetRows();
    ++(signal_safe::UnwindCopy(from, {copy, sizeof copy, {}}, pcs, 16).depth == 0 ? refused
                                                                                  : walked);
  }
  stop = true;
  loader.join();
  std::printf("%lu walks, %lu refused during an unload\n", walked, refused);
}

}  // namespace
}  // namespace pprof
