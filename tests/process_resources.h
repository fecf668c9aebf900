// Current resources of the test's process, from the kernel.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>

namespace pprof::testing {

// Files in a folder: descriptors in /proc/self/fd, threads in /proc/self/task.
inline size_t Entries(const char* folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

inline size_t PosixTimers() {
  std::ifstream timers("/proc/self/timers");
  size_t count = 0;
  for (std::string line; std::getline(timers, line);) count += line.rfind("ID:", 0) == 0;
  return count;
}

inline size_t ResidentKiB() {
  std::ifstream status("/proc/self/statm");
  size_t pages = 0;
  status >> pages >> pages;
  return pages * 4;
}

// Polls until the process has `wanted` threads; false after 60 s. The kernel lists a thread for a
// moment after it was joined: a count to compare with is settled too.
inline bool SettlesAtThreads(size_t wanted) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (Entries("/proc/self/task") != wanted) {
    if (std::chrono::steady_clock::now() > end) return false;
  }
  return true;
}

}  // namespace pprof::testing
