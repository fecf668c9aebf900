// Resolves addresses of a file with the batch engine and prints frames, or time and memory.
//
//   symbolize_bench FILE --random 1000 [--seed 1] [--repeat 3]     time and memory
//   symbolize_bench FILE --random 1000 --list                      addresses, one a line
//   symbolize_bench FILE --addresses LIST --print                  frames of these addresses
//
// Addresses are in the file's own address space (hexadecimal), as for llvm-symbolizer.
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/module/engine.h"
#include "profiler/symbolize/names/demangle.h"
#include "tests/bench/memory_watch.h"

namespace {

using pprof::symbolize::ElfFile;
using pprof::symbolize::ElfSection;
using pprof::symbolize::ElfSegment;

struct Options {
  std::string file;
  std::string addresses;
  size_t random = 0;
  unsigned seed = 1;
  int repeat = 1;
  bool list = false;
  bool print = false;
  bool short_names = false;
  pprof::symbolize::BatchLimits limits;
};

class Frames : public pprof::symbolize::FrameSink {
 public:
  Frames(bool keep, bool short_names) : keep_(keep), short_names_(short_names) {}
  void OnAddress(size_t index, const pprof::symbolize::RawFrame* frames, size_t count) override {
    ++answers_;
    frames_ += count;
    if (!keep_) return;
    std::string& text = texts_[index];
    for (size_t i = 0; i < count; ++i) {
      const std::string_view name = frames[i].linkage_name;
      text.append(short_names_ ? pprof::symbolize::ShortName(name) : std::string(name));
      text.append("\t").append(frames[i].filename.empty() ? "??" : frames[i].filename);
      text.append(":").append(std::to_string(frames[i].line)).append("\n");
    }
  }
  size_t answers_ = 0;
  size_t frames_ = 0;
  std::map<size_t, std::string> texts_;

 private:
  bool keep_;
  bool short_names_;
};

// Addresses inside functions, each byte of code equally likely.
std::vector<uint64_t> RandomAddresses(const ElfFile& elf, size_t count, unsigned seed) {
  std::vector<std::pair<uint64_t, uint64_t>> functions;  // cumulative size, address
  uint64_t total = 0;
  for (const char* name : {".symtab", ".dynsym"}) {
    const ElfSection* table = elf.FindSection(name);
    if (table == nullptr) continue;
    pprof::sys::ByteCursor cursor(elf.Load(table->bytes));
    while (cursor.left() >= 24) {
      cursor.Skip(4);
      const uint8_t info = cursor.U8();
      cursor.Skip(1);
      const uint16_t section = cursor.U16();
      const uint64_t address = cursor.U64();
      const uint64_t size = cursor.U64();
      if ((info & 15) != 2 || section == 0 || size == 0) continue;
      total += size;
      functions.emplace_back(total, address + size);
    }
    if (total != 0) break;
  }
  std::mt19937_64 random(seed);
  std::vector<uint64_t> addresses;
  while (total != 0 && addresses.size() < count) {
    const uint64_t at = random() % total;
    const auto function =
        std::upper_bound(functions.begin(), functions.end(), std::pair{at, ~uint64_t{0}});
    if (function == functions.end()) continue;
    addresses.push_back(function->second - (function->first - at));
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

std::vector<uint64_t> ReadAddresses(const std::string& path) {
  std::vector<uint64_t> addresses;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    addresses.push_back(std::strtoull(line.c_str(), nullptr, 16));
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

std::vector<uint64_t> ToOffsets(const ElfFile& elf, std::vector<uint64_t>* addresses) {
  std::vector<uint64_t> offsets;
  std::vector<uint64_t> kept;
  for (const uint64_t address : *addresses) {
    for (const ElfSegment& segment : elf.segments()) {
      if (address - segment.address >= segment.file_size) continue;
      offsets.push_back(address - segment.address + segment.file_offset);
      kept.push_back(address);
      break;
    }
  }
  *addresses = kept;
  return offsets;
}

void Resolve(const Options& options, const std::vector<uint64_t>& addresses,
             const std::vector<uint64_t>& offsets) {
  pprof::symbolize::ModuleRef module;
  module.path = options.file;
  Frames frames(options.print, options.short_names);
  pprof::bench::MemoryWatch memory;
  const double cpu = pprof::bench::CpuSeconds();
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome = pprof::symbolize::ResolveBatch(module, offsets, options.limits, frames);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  memory.Stop();
  for (size_t i = 0; options.print && i < addresses.size(); ++i) {
    std::printf("0x%" PRIx64 "\n%s\n", addresses[i], frames.texts_[i].c_str());
  }
  std::fprintf(stderr,
               "seconds %.3f cpu %.3f addresses %zu answers %zu frames %zu anon_kb %ld kept_kb %ld "
               "peak_rss_kb %ld deadline_hit %d\n",
               time.count(), pprof::bench::CpuSeconds() - cpu, addresses.size(), frames.answers_,
               frames.frames_, memory.peak_kb(), memory.kept_kb(), pprof::bench::StatusKb("VmHWM:"),
               outcome.deadline_hit);
}

bool Parse(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (word == "--list") {
      options->list = true;
    } else if (word == "--print") {
      options->print = true;
    } else if (word == "--short") {
      options->short_names = true;
    } else if (word == "--functions") {
      options->limits.detail = pprof::symbolize::Detail::kFunctions;
    } else if (word.compare(0, 2, "--") != 0) {
      options->file = word;
    } else {
      ++i;
      if (word == "--random") options->random = std::strtoul(value, nullptr, 10);
      if (word == "--seed") options->seed = static_cast<unsigned>(std::atoi(value));
      if (word == "--repeat") options->repeat = std::atoi(value);
      if (word == "--addresses") options->addresses = value;
      if (word == "--debug-root") options->limits.debug_root = value;
      if (word == "--whole") options->limits.max_whole_unit = std::strtoul(value, nullptr, 10);
    }
  }
  return !options->file.empty() && (options->random != 0 || !options->addresses.empty());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!Parse(argc, argv, &options)) {
    std::fprintf(
        stderr,
        "usage: symbolize_bench FILE (--random N [--seed S] | --addresses LIST) [--list | "
        "--print [--short]] [--repeat R] [--functions] [--debug-root DIR] [--whole BYTES]\n");
    return 2;
  }
  const auto elf = ElfFile::Open(options.file);
  if (elf == nullptr) {
    std::fprintf(stderr, "symbolize_bench: cannot read %s\n", options.file.c_str());
    return 1;
  }
  std::vector<uint64_t> addresses = options.random != 0
                                        ? RandomAddresses(*elf, options.random, options.seed)
                                        : ReadAddresses(options.addresses);
  const std::vector<uint64_t> offsets = ToOffsets(*elf, &addresses);
  if (options.list) {
    for (const uint64_t address : addresses) std::printf("0x%" PRIx64 "\n", address);
    return 0;
  }
  for (int i = 0; i < options.repeat; ++i) Resolve(options, addresses, offsets);
  return 0;
}
