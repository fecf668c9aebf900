// Everything that breaks profilers, at once, while all profiles are fetched in a loop.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "pprof/labels.h"
#include "pprof/recording.h"

namespace pprof {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::seconds Duration() {
  const char* wanted = std::getenv("PPROF_CPP_STORM_SECONDS");
  return std::chrono::seconds(wanted == nullptr ? 8 : std::atoi(wanted));
}

size_t Entries(const char* folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

size_t PosixTimers() {
  std::ifstream timers("/proc/self/timers");
  size_t count = 0;
  for (std::string line; std::getline(timers, line);) count += line.rfind("ID:", 0) == 0;
  return count;
}

size_t ResidentKiB() {
  std::ifstream status("/proc/self/statm");
  size_t pages = 0;
  status >> pages >> pages;
  return pages * 4;
}

struct Held {
  size_t descriptors = Entries("/proc/self/fd");
  size_t threads = Entries("/proc/self/task");
  size_t timers = PosixTimers();
};

// --- what the storm is made of ---

void LoadAndUnload() {
  void* plugin = dlopen(PPROF_STORM_PLUGIN, RTLD_NOW);
  if (plugin == nullptr) std::abort();
  const auto call = reinterpret_cast<int (*)(int)>(dlsym(plugin, "ThrowInPlugin"));
  for (int depth = 0; depth < 20; ++depth) call(depth);
  dlclose(plugin);
}

__attribute__((noinline)) int ThrowDeep(int depth) {
  if (depth == 0) throw std::runtime_error("storm");
  const int result = ThrowDeep(depth - 1);
  __asm__ volatile("");
  return result;
}

void Throw() {
  try {
    ThrowDeep(10);
  } catch (const std::exception&) {
  }
}

void IterateModules() {
  dl_iterate_phdr([](dl_phdr_info*, size_t, void*) { return 0; }, nullptr);
}

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

// Threads that end in every way there is.
void ChurnThreads() {
  static std::atomic<unsigned> turn{0};
  pthread_t thread;
  switch (turn++ % 4) {
    case 0: pthread_create(&thread, nullptr, Burn, nullptr); break;
    case 1:
      pthread_create(&thread, nullptr,
                     [](void* nothing) -> void* { Burn(nothing); pthread_exit(nothing); }, nullptr);
      break;
    case 2:
      pthread_create(&thread, nullptr, [](void*) -> void* { for (;;) pause(); }, nullptr);
      pthread_cancel(thread);
      break;
    default:
      pthread_create(&thread, nullptr,
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

// --- what is asked meanwhile ---

void FetchAll() {
  auto cpu = Recording::Start("profile", 1000);
  auto wall = Recording::Start("wall", 1000);
  for (const ProfileType* type : ProfileTypes()) {
    if (!type->collect) continue;
    const bool dump = type->has_dump;
    const auto snapshot = Collect(type->name, dump ? Parameters{{"debug", "2"}} : Parameters{});
    if (!snapshot.ok()) continue;
    std::ostringstream out;
    const Status written = snapshot.value().WriteTo(out, dump ? Format::kDump : Format::kProto);
    if (!written.ok()) std::abort();
  }
  for (auto* recording : {&cpu, &wall}) {
    if (!recording->ok()) continue;
    std::ostringstream out;
    const auto snapshot = std::move(recording->value()).Stop();
    if (snapshot.ok() && !snapshot.value().WriteTo(out).ok()) std::abort();
  }
}

struct Gust {
  const char* name;
  std::function<void()> blow;
};

TEST(Storm, NothingCrashesHangsOrLeaks) {
  FetchAll();  // what is kept for ever is there now
  const Held before;
  const Gust gusts[] = {{"dlopen", LoadAndUnload}, {"throw", Throw}, {"dl_iterate_phdr", IterateModules},
                        {"fork", Fork}, {"threads", ChurnThreads}, {"malloc", Allocate},
                        {"labels", ChangeLabels}, {"fetch", FetchAll}};
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
  size_t resident_early = 0;
  while (Clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    uint64_t sum = 0;
    for (const auto& count : rounds) sum += count;
    if (sum != last_sum) last_progress = Clock::now();
    last_sum = sum;
    // dl_iterate_phdr loops starve dlopen for seconds by themselves: a hang is when nothing moves.
    ASSERT_LT(Clock::now() - last_progress, std::chrono::seconds(30)) << "hang";
    if (resident_early == 0 && end - Clock::now() < Duration() / 2) resident_early = ResidentKiB();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < kGusts; ++i) {
    std::printf("%-16s %lu rounds\n", gusts[i].name, rounds[i].load());
    EXPECT_GT(rounds[i].load(), 0u) << gusts[i].name;
  }
  std::printf("resident: %zu KiB half-way, %zu KiB at the end\n", resident_early, ResidentKiB());
  const Held after;
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.threads, before.threads);
  EXPECT_EQ(after.timers, before.timers);
  EXPECT_LT(ResidentKiB(), resident_early + 64 * 1024);
}

}  // namespace
}  // namespace pprof
