// libFuzzer target: arbitrary bytes as an ELF file with symbols and DWARF.
//
//   cmake -DPPROF_CPP_BUILD_FUZZERS=ON -DCMAKE_CXX_COMPILER=clang++ ... && elf_dwarf_fuzz CORPUS
//
// The file is in memory (memfd), so the engine reads it like any file. Some small binaries are a
// good corpus: random bytes never become one.
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "profiler/symbolize/module/data_symbols.h"
#include "profiler/symbolize/module/engine.h"

namespace {

struct Ignore : pprof::symbolize::FrameSink {
  void OnAddress(size_t, const pprof::symbolize::RawFrame* frames, size_t count) override {
    // Reads every byte of every result, to detect dangling views.
    for (size_t i = 0; i < count; ++i) {
      for (const char c : frames[i].linkage_name) sum += static_cast<unsigned char>(c);
      for (const char c : frames[i].filename) sum += static_cast<unsigned char>(c);
    }
  }
  volatile unsigned sum = 0;
};

// Two hundred offsets across the file, so that every segment gets some.
std::vector<uint64_t> Offsets(size_t size) {
  std::vector<uint64_t> offsets;
  const uint64_t step = size / 200 + 1;
  for (uint64_t at = 0; at < size; at += step) offsets.push_back(at);
  return offsets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const int fd = memfd_create("elf", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != static_cast<ssize_t>(size)) {
    return 0;
  }
  pprof::symbolize::ModuleRef module;
  module.path = path;
  pprof::symbolize::BatchLimits limits;
  limits.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  limits.debug_root = "/nonexistent";
  if (size % 2 != 0) limits.max_whole_unit = 0;  // takes the path for units too large for memory
  Ignore sink;
  pprof::symbolize::ResolveBatch(module, Offsets(size), limits, sink);
  for (const auto kind :
       {pprof::symbolize::DataKind::kStatic, pprof::symbolize::DataKind::kThreadLocal}) {
    pprof::symbolize::FindDataSymbols(module, kind, Offsets(size));
  }
  return 0;
}
