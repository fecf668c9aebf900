// Measures whether symbolizing slows down its host program: four threads allocate at full speed
// while another thread symbolizes in every other slice of time, and only spins in between. Both use
// the same share of the machine, so a difference is time that the four had to wait.
//
//   symbolize_neighbour [--long] [FILE]      FILE: an ELF file with debug information (this
//   program)
//
// Prints the median of the ratios; exits with 1 if it is below 0.97 with --long or
// PPROF_TEST_LONG=1, and with 77 (skipped) otherwise: one second is not significant on a shared
// machine.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/module/engine.h"

namespace {

using Clock = std::chrono::steady_clock;
using pprof::symbolize::ElfFile;

constexpr int kThreads = 4;
constexpr double kLeastRatio = 0.97;

std::atomic<bool> stop{false};

struct alignas(64) Counter {
  std::atomic<uint64_t> operations{0};
};
Counter counters[kThreads];

// Mostly small blocks, occasionally one that needs new pages from the kernel.
void Allocate(Counter& counter, unsigned seed) {
  std::minstd_rand random(seed);
  std::vector<std::unique_ptr<char[]>> live(256);
  while (!stop) {
    for (int i = 0; i < 64; ++i) {
      const size_t size = random() % 4096 == 0 ? size_t{1} << 20 : 16 + random() % 2048;
      auto& slot = live[random() % live.size()];
      slot.reset(new char[size]);
      for (size_t at = 0; at < size; at += 4096) slot[at] = 1;
    }
    counter.operations += 64;
  }
}

uint64_t Operations() {
  uint64_t sum = 0;
  for (const Counter& counter : counters) sum += counter.operations;
  return sum;
}

std::vector<uint64_t> RandomOffsets(const ElfFile& elf, size_t count) {
  std::mt19937_64 random(1);
  std::vector<uint64_t> offsets;
  const auto* text = elf.FindSection(".text");
  const auto address = text == nullptr ? uint64_t{0} : text->address;
  for (const auto& segment : elf.segments()) {
    if (text == nullptr || address - segment.address >= segment.file_size) continue;
    const uint64_t begin = address - segment.address + segment.file_offset;
    for (size_t i = 0; i < count; ++i) offsets.push_back(begin + random() % text->size);
  }
  std::sort(offsets.begin(), offsets.end());
  offsets.erase(std::unique(offsets.begin(), offsets.end()), offsets.end());
  return offsets;
}

struct CountFrames : pprof::symbolize::FrameSink {
  void OnAddress(size_t, const pprof::symbolize::RawFrame*, size_t count) override {
    frames += count;
  }
  size_t frames = 0;
};

// Operations per second of the four threads while `work(until)` runs on a fifth.
template <typename Work>
double Rate(std::chrono::milliseconds slice, Work work) {
  const auto begin = Clock::now();
  const uint64_t before = Operations();
  std::thread thread([&] { work(begin + slice); });
  std::this_thread::sleep_until(begin + slice);
  const uint64_t after = Operations();
  const std::chrono::duration<double> seconds = Clock::now() - begin;
  thread.join();
  return static_cast<double>(after - before) / seconds.count();
}

void Spin(Clock::time_point until) {
  while (Clock::now() < until) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* environment = std::getenv("PPROF_TEST_LONG");
  bool full = environment != nullptr && std::strcmp(environment, "1") == 0;
  std::string path = "/proc/self/exe";
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--long") == 0) {
      full = true;
    } else {
      path = argv[i];
    }
  }
  const auto elf = ElfFile::Open(path);
  const std::vector<uint64_t> offsets =
      elf == nullptr ? std::vector<uint64_t>() : RandomOffsets(*elf, 1000);
  if (offsets.empty()) {
    std::fprintf(stderr, "symbolize_neighbour: cannot read %s\n", path.c_str());
    return 2;
  }
  pprof::symbolize::ModuleRef module;
  module.path = path;
  CountFrames frames;
  const auto symbolize = [&](Clock::time_point until) {
    pprof::symbolize::BatchLimits limits;
    limits.deadline = until;
    while (Clock::now() < until) ResolveBatch(module, offsets, limits, frames);
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kThreads; ++i) {
    threads.emplace_back([i] { Allocate(counters[i], i + 1); });
  }
  std::vector<double> ratios;
  const std::chrono::milliseconds slice(full ? 500 : 100);
  for (int pair = 0; pair < (full ? 61 : 5); ++pair) {
    // Alternates the order, so that drift of the machine affects both.
    double spinning = pair % 2 == 0 ? Rate(slice, Spin) : 0;
    const double symbolizing = Rate(slice, symbolize);
    if (pair % 2 != 0) spinning = Rate(slice, Spin);
    ratios.push_back(symbolizing / spinning);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  std::sort(ratios.begin(), ratios.end());
  const double median = ratios[ratios.size() / 2];
  std::printf(
      "throughput while symbolizing relative to while spinning: %.3f (quartiles %.3f, %.3f; "
      "%zu pairs; %zu frames)\n",
      median, ratios[ratios.size() / 4], ratios[ratios.size() * 3 / 4], ratios.size(),
      frames.frames);
  if (!full) return 77;
  return median >= kLeastRatio ? 0 : 1;
}
