// gperftools' CPU profiler. Its file is an array of words: a header (0, 3, 0, microseconds per
// sample, 0), then records of count, depth and depth addresses, until 0, 1, 0.
#include <gperftools/profiler.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/bench/threads/cpu_sampler.h"

namespace pprof::bench {
namespace {
std::string path;

std::vector<uintptr_t> ReadWords() {
  std::vector<uintptr_t> words;
  FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) std::abort();
  for (uintptr_t word; std::fread(&word, sizeof word, 1, file) == 1;) words.push_back(word);
  std::fclose(file);
  unlink(path.c_str());
  return words;
}
}  // namespace

// The rate is CPUPROFILE_FREQUENCY, read before main.
void StartSampling(int) {
  char name[] = "/tmp/pprof_gperftools.XXXXXX";
  const int fd = mkstemp(name);
  if (fd < 0) std::abort();
  close(fd);
  path = name;
  if (ProfilerStart(name) == 0) std::abort();
}

Sampled StopSampling() {
  ProfilerStop();
  const std::vector<uintptr_t> words = ReadWords();
  Sampled sampled;
  if (words.size() < 5) std::abort();
  const double seconds = static_cast<double>(words[3]) / 1e6;
  for (size_t at = 5;
       at + 2 < words.size() && words[at] != 0 && at + 2 + words[at + 1] <= words.size();
       at += 2 + words[at + 1]) {
    sampled.Add(&words[at + 2], words[at + 1], static_cast<double>(words[at]) * seconds);
  }
  return sampled;
}

}  // namespace pprof::bench
