// What the thread profiles cost and how true they are; prints Markdown. Every table is measured on
// the process itself; peers (eu-stack, gdb) look at the same process in the same minute.
//
//   pprof_thread_bench [dump] [dump10000] [cpu] [overhead] [wall] [create]     all without arguments
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <mutex>
#include <ostream>
#include <pthread.h>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "pprof/recording.h"

extern char** environ;

namespace {

using Clock = std::chrono::steady_clock;

double Millis(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

double TimeOf(const std::function<void()>& work) {
  const auto begin = Clock::now();
  work();
  return Millis(Clock::now() - begin);
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double CpuSeconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double CpuMillisOf(const std::function<void()>& work) {
  const double begin = CpuSeconds(CLOCK_THREAD_CPUTIME_ID);
  work();
  return (CpuSeconds(CLOCK_THREAD_CPUTIME_ID) - begin) * 1e3;
}

// --- threads that wait, 19 frames deep ---

std::mutex gate_mutex;
std::condition_variable gate;
bool gate_open = false;
std::atomic<int> waiting{0};

__attribute__((noinline)) void Descend(int depth) {
  if (depth > 0) {
    Descend(depth - 1);
  } else {
    std::unique_lock<std::mutex> lock(gate_mutex);
    ++waiting;
    gate.wait(lock, [] { return gate_open; });
  }
  __asm__ volatile("");
}

class WaitingThreads {
 public:
  explicit WaitingThreads(int count) {
    gate_open = false;
    waiting = 0;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    for (int i = 0; i < count; ++i) {
      pthread_t thread;
      const int error = pthread_create(&thread, &attributes, [](void*) -> void* {
        Descend(11);  // with the condition, the C library and the thread's begin: 19
        return nullptr;
      }, nullptr);
      if (error != 0) break;
      threads_.push_back(thread);
    }
    while (waiting < static_cast<int>(threads_.size())) std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ~WaitingThreads() {
    {
      const std::lock_guard<std::mutex> lock(gate_mutex);
      gate_open = true;
    }
    gate.notify_all();
    for (const pthread_t thread : threads_) pthread_join(thread, nullptr);
  }
  size_t size() const { return threads_.size(); }

 private:
  std::vector<pthread_t> threads_;
};

void RawDump() { static_cast<void>(pprof::Collect("goroutine").value()); }

void TextDump() {
  std::ostringstream out;
  const auto snapshot = pprof::Collect("goroutine", {{"debug", "2"}}).value();
  if (!snapshot.WriteTo(out, pprof::Format::kDump).ok()) std::abort();
}

double TimeOfTool(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  return TimeOf([&] {
    pid_t tool;
    int status = 0;
    if (posix_spawnp(&tool, arguments[0], &actions, nullptr, arguments.data(), environ) == 0) {
      waitpid(tool, &status, 0);
    }
  });
}

void BenchDump(int count, int rounds, bool peers) {
  const WaitingThreads threads(count);
  TextDump();  // symbols are read once in a process's life
  std::vector<double> raw, text, raw_cpu, text_cpu, eu, gdb;
  const std::string self = std::to_string(getpid());
  for (int i = 0; i < rounds; ++i) {
    raw.push_back(TimeOf(RawDump));
    text.push_back(TimeOf(TextDump));
    raw_cpu.push_back(CpuMillisOf(RawDump));
    text_cpu.push_back(CpuMillisOf(TextDump));
    if (!peers) continue;
    eu.push_back(TimeOfTool({"eu-stack", "-p", self}) / text.back());
    if (i < 3) gdb.push_back(TimeOfTool({"gdb", "-batch", "-ex", "thread apply all bt", "-p", self}) / text.back());
  }
  std::printf("| %zu | %.1f ms (%.1f CPU) | %.1f ms (%.1f CPU) |", threads.size(), Median(raw),
              Median(raw_cpu), Median(text), Median(text_cpu));
  if (peers) std::printf(" %.0f | %.0f |\n", Median(eu), Median(gdb));
  else std::printf(" | |\n");
}

// --- busy threads ---

__attribute__((noinline)) void Burn(double seconds) {
  const double end = CpuSeconds(CLOCK_THREAD_CPUTIME_ID) + seconds;
  while (CpuSeconds(CLOCK_THREAD_CPUTIME_ID) < end) {
    for (volatile int i = 0; i < 2000; i = i + 1) {
    }
  }
}

void BenchCpu(int threads, int hz, bool bursty) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < threads; ++i) {
    busy.emplace_back([&stop, bursty, i] {
      while (!stop) {
        Burn(bursty ? 0.0007 + 0.0001 * i : 0.01);
        if (bursty) std::this_thread::sleep_for(std::chrono::milliseconds(5 + i));
      }
    });
  }
  const double begin = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID);
  auto recording = pprof::Recording::Start("profile", hz).value();
  std::this_thread::sleep_for(std::chrono::seconds(bursty ? 20 : 4));
  const auto profile = std::move(recording).Stop().value();
  const double used = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
  stop = true;
  for (std::thread& thread : busy) thread.join();
  std::printf("| %d %s | %d | %.3f | %lu |\n", threads, bursty ? "bursty" : "busy", hz,
              static_cast<double>(profile.total(1)) / 1e9 / used,
              static_cast<unsigned long>(profile.lost_samples()));
  std::fflush(stdout);
}

// --- overhead: work a CPU second, with and without a recording, in pairs ---

uint64_t WorkIn(double cpu_seconds) {
  const double end = CpuSeconds(CLOCK_THREAD_CPUTIME_ID) + cpu_seconds;
  uint64_t rounds = 0;
  while (CpuSeconds(CLOCK_THREAD_CPUTIME_ID) < end) {
    for (volatile int i = 0; i < 5000; i = i + 1) {
    }
    ++rounds;
  }
  return rounds;
}

void BenchOverhead(int hz) {
  std::vector<double> ratios;
  for (int i = 0; i < 15; ++i) {
    const auto without = static_cast<double>(WorkIn(0.3));
    auto recording = pprof::Recording::Start("profile", hz).value();
    const auto with = static_cast<double>(WorkIn(0.3));
    static_cast<void>(std::move(recording).Stop());
    ratios.push_back(with / without);
  }
  std::printf("| %d Hz | %.4f |\n", hz, Median(ratios));
}

// --- wall ---

void BenchWall(int count) {
  const WaitingThreads threads(count);
  const double begin = CpuSeconds(CLOCK_PROCESS_CPUTIME_ID);
  const auto start = Clock::now();
  auto recording = pprof::Recording::Start("wall", 100).value();
  std::this_thread::sleep_for(std::chrono::seconds(10));
  const double cores = (CpuSeconds(CLOCK_PROCESS_CPUTIME_ID) - begin) / (Millis(Clock::now() - start) / 1e3);
  static_cast<void>(std::move(recording).Stop());
  std::printf("| %zu | %.3f |\n", threads.size(), cores);
}

// --- thread creation ---

void BenchCreate() {
  // The C library's own, behind ours.
  std::vector<double> plain;
  for (int i = 0; i < 9; ++i) {
    plain.push_back(TimeOf([] {
                      for (int k = 0; k < 2000; ++k) {
                        pthread_t thread;
                        pthread_create(&thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
                        pthread_join(thread, nullptr);
                      }
                    }) / 2000 * 1000);
  }
  std::printf("| create and join | %.2f us |\n", Median(plain));
}

bool Wanted(int argc, char** argv, const char* name) {
  return argc == 1 || std::any_of(argv + 1, argv + argc, [&](const char* word) {
           return std::string(word) == name;
         });
}

}  // namespace

int main(int argc, char** argv) {
  if (Wanted(argc, argv, "dump") || Wanted(argc, argv, "dump10000") || Wanted(argc, argv, "dumps")) {
    std::printf("| threads | raw dump | debug=2 | eu-stack, times debug=2 | gdb, times debug=2 |\n"
                "|---|---|---|---|---|\n");
    if (Wanted(argc, argv, "dump")) BenchDump(1000, 7, true);
    if (Wanted(argc, argv, "dump10000")) BenchDump(10000, 5, false);
    if (argc > 1 && Wanted(argc, argv, "dumps")) BenchDump(1000, 60, false);
  }
  if (Wanted(argc, argv, "cpu")) {
    std::printf("\n| threads | Hz | recorded / true CPU time | lost |\n|---|---|---|---|\n");
    for (const int hz : {100, 1000}) {
      for (const int threads : {1, 4, 16, 64}) BenchCpu(threads, hz, false);
    }
    BenchCpu(8, 100, true);
  }
  if (Wanted(argc, argv, "overhead")) {
    std::printf("\n| recording | work with / without |\n|---|---|\n");
    for (const int hz : {100, 1000}) BenchOverhead(hz);
  }
  if (Wanted(argc, argv, "wall")) {
    std::printf("\n| idle threads | cores of the wall profile at 100 Hz |\n|---|---|\n");
    BenchWall(1000);
  }
  if (Wanted(argc, argv, "create")) {
    std::printf("\n| threads | time |\n|---|---|\n");
    BenchCreate();
  }
}
