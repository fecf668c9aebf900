// The cost of a dump of all threads, that of other tools, and the effect on the threads.
//
//   pprof_thread_dump_bench THREADS ROUNDS [peers]     prints "name value" lines
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "pprof/recording.h"
#include "profiler/sys/thread/tasks.h"
#include "profiler/sys/thread/this_thread.h"
#include "tests/bench/threads/bench_support.h"

extern char** environ;

namespace pprof::bench {
namespace {

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
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    for (int i = 0; i < count; ++i) {
      pthread_t thread;
      const auto run = [](void*) -> void* {
        Descend(11);  // 19 with the condition, the C library and the thread's start
        return nullptr;
      };
      if (pthread_create(&thread, &attributes, run, nullptr) != 0) break;
      threads_.push_back(thread);
    }
    while (waiting < static_cast<int>(threads_.size())) std::this_thread::yield();
    for (const int32_t tid : sys::ListTasks()) WaitUntilAsleep(tid);
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
  static void WaitUntilAsleep(int32_t tid) {
    sys::TaskStat stat;
    while (tid != sys::ThreadId() && sys::ReadTaskStat(tid, &stat) && stat.state == 'R') {
      std::this_thread::yield();
    }
  }
  std::vector<pthread_t> threads_;
};

void RawDump() { static_cast<void>(Collect("goroutine").value()); }

void TextDump() {
  std::ostringstream out;
  const auto snapshot = Collect("goroutine", {{"debug", "2"}}).value();
  if (!snapshot.Symbolize().WriteTo(out, Format::kDump).ok()) std::abort();
}

double MillisOfTool(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  bool ran = false;
  const double millis = MillisOf([&] {
    pid_t tool;
    int status = 0;
    if (posix_spawnp(&tool, arguments[0], &actions, nullptr, arguments.data(), environ) != 0)
      return;
    waitpid(tool, &status, 0);
    ran = WIFEXITED(status) && WEXITSTATUS(status) != 127;
  });
  return ran ? millis : 0;
}

// Voluntary and involuntary context switches of all threads but this one.
unsigned long SwitchesOfOthers() {
  unsigned long sum = 0;
  for (const int32_t tid : sys::ListTasks()) {
    if (tid == sys::ThreadId()) continue;
    std::ifstream status("/proc/self/task/" + std::to_string(tid) + "/status");
    for (std::string line; std::getline(status, line);) {
      const size_t at = line.find("ctxt_switches:");
      if (at != std::string::npos) sum += std::strtoul(line.c_str() + at + 14, nullptr, 10);
    }
  }
  return sum;
}

void BenchPeers(int rounds, double text_ms) {
  const std::string self = std::to_string(getpid());
  std::vector<double> eu_stack, gdb;
  for (int i = 0; i < rounds; ++i) {
    const double paired = MillisOf(TextDump);
    eu_stack.push_back(MillisOfTool({"eu-stack", "-p", self}) / paired);
    gdb.push_back(MillisOfTool({"gdb", "-batch", "-ex", "thread apply all bt", "-p", self}) /
                  paired);
  }
  std::printf("eu_stack_times %.1f\ngdb_times %.1f\neu_stack_ms %.0f\ngdb_ms %.0f\n",
              Median(eu_stack), Median(gdb), Median(eu_stack) * text_ms, Median(gdb) * text_ms);
}

void BenchDump(int count, int rounds, bool peers) {
  const WaitingThreads threads(count);
  TextDump();  // symbols are read once per process
  std::vector<double> raw, text;
  const unsigned long switches = SwitchesOfOthers();
  for (int i = 0; i < rounds; ++i) {
    raw.push_back(MillisOf(RawDump));
    text.push_back(MillisOf(TextDump));
  }
  std::printf("threads %zu\nraw_ms %.2f\ntext_ms %.2f\ndumps %d\nswitches %lu\n", threads.size(),
              Median(raw), Median(text), 2 * rounds, SwitchesOfOthers() - switches);
  std::fflush(stdout);
  if (peers) BenchPeers(3, Median(text));
}

}  // namespace
}  // namespace pprof::bench

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const bool peers = argc > 3 && std::strcmp(argv[3], "peers") == 0;
  pprof::bench::BenchDump(std::atoi(argv[1]), std::atoi(argv[2]), peers);
}
