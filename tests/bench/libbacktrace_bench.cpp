// Resolves addresses of a file with libbacktrace, for comparison with symbolize_bench.
//
//   g++ -O2 -no-pie -I. tests/bench/libbacktrace_bench.cpp -lbacktrace -o libbacktrace_bench
//   libbacktrace_bench FILE LIST [--print]
//
// libbacktrace assumes that FILE is this executable and adds its load address, which is 0 because
// it is not position-independent. So addresses are those of FILE.
#include <backtrace.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tests/bench/memory_watch.h"

namespace {

std::string answer;
size_t answers = 0;
size_t frames = 0;

void OnError(void*, const char*, int) {}

int OnFrame(void*, uintptr_t, const char* filename, int line, const char* function) {
  if (function == nullptr && filename == nullptr) return 0;
  ++frames;
  answer.append(function == nullptr ? "??" : function).append("\t");
  answer.append(filename == nullptr ? "??" : filename);
  answer.append(":").append(std::to_string(line)).append("\n");
  return 0;
}

std::vector<uintptr_t> ReadAddresses(const char* path) {
  std::vector<uintptr_t> addresses;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    addresses.push_back(std::strtoull(line.c_str(), nullptr, 16));
  }
  return addresses;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: libbacktrace_bench FILE LIST [--print]\n");
    return 2;
  }
  const std::vector<uintptr_t> addresses = ReadAddresses(argv[2]);
  std::string all;
  pprof::bench::MemoryWatch memory;
  const double cpu = pprof::bench::CpuSeconds();
  const auto begin = std::chrono::steady_clock::now();
  backtrace_state* state = backtrace_create_state(argv[1], 0, OnError, nullptr);
  for (const uintptr_t address : addresses) {
    answer.clear();
    backtrace_pcinfo(state, address, OnFrame, OnError, nullptr);
    answers += answer.empty() ? 0 : 1;
    if (argc > 3) std::printf("0x%" PRIxPTR "\n%s\n", address, answer.c_str());
  }
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  memory.Stop();
  std::fprintf(
      stderr,
      "seconds %.3f cpu %.3f addresses %zu answers %zu frames %zu anon_kb %ld kept_kb %ld\n",
      time.count(), pprof::bench::CpuSeconds() - cpu, addresses.size(), answers, frames,
      memory.peak_kb(), memory.kept_kb());
  return 0;
}
