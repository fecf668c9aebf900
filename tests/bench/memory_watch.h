// Time and anonymous memory of this process: current, and the peak of an operation.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <thread>

namespace pprof::bench {

inline long StatusKb(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, std::strlen(field), field) == 0) {
      return std::atol(line.c_str() + std::strlen(field));
    }
  }
  return 0;
}

// Of all threads; more reliable than wall-clock time on a busy machine.
inline double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The kernel only has a high-water mark of all resident memory, so a thread polls every 2 ms.
class MemoryWatch {
 public:
  MemoryWatch() : before_kb_(StatusKb("RssAnon:")), thread_([this] { Watch(); }) {}
  ~MemoryWatch() { Stop(); }

  void Stop() {
    if (!thread_.joinable()) return;
    stop_ = true;
    thread_.join();
  }
  // Both relative to the start. After Stop().
  long peak_kb() const { return peak_kb_ - before_kb_; }
  long kept_kb() const { return StatusKb("RssAnon:") - before_kb_; }

 private:
  void Watch() {
    while (!stop_) {
      peak_kb_ = std::max(peak_kb_, StatusKb("RssAnon:"));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  const long before_kb_;
  long peak_kb_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace pprof::bench
