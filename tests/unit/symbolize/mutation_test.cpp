// Damages files in many ways and resolves them: the engine must not crash, hang or leak memory.
//
//   symbolize_mutation_test COUNT SEED BINARY [OTHER_FILE...]
//
// Each round changes one of the files in place, looks up all of .text of BINARY, and restores the
// file. The other files are those that BINARY refers to: .dwo, .dwp, debug link, alternate file.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/module/data_symbols.h"
#include "profiler/symbolize/module/engine.h"

namespace {

using Random = std::mt19937_64;
using Contents = std::vector<char>;

constexpr std::chrono::seconds kDeadline{5};
constexpr std::chrono::seconds kTooLong{20};  // including sanitizers and a busy machine

Contents ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool WriteFile(const std::string& path, const Contents& contents) {
  std::ofstream file(path, std::ios::binary);
  file.write(contents.data(), static_cast<std::streamsize>(contents.size()));
  return static_cast<bool>(file.flush());
}

struct Range {
  size_t begin = 0;
  size_t end = 0;
};

// The parts to damage: the headers, and every section that is read.
std::vector<Range> InterestingRanges(const std::string& path, const Contents& contents) {
  std::vector<Range> ranges = {{0, std::min<size_t>(64, contents.size())}, {0, contents.size()}};
  const auto elf = pprof::symbolize::ElfFile::Open(path);
  if (elf == nullptr) return ranges;
  const size_t table = elf->sections().size() * 64;
  if (table < contents.size()) ranges.push_back({contents.size() - table, contents.size()});
  for (const auto& section : elf->sections()) {
    const std::string name(section.name);
    const bool read = name.find("debug") != std::string::npos || name == ".symtab" ||
                      name == ".dynsym" || name.find("note") != std::string::npos;
    if (!read || section.bytes.empty()) continue;
    const auto at =
        std::search(contents.begin(), contents.end(), section.bytes.data, section.bytes.end(),
                    [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
    const size_t begin = static_cast<size_t>(at - contents.begin());
    ranges.push_back({begin, std::min(begin + section.bytes.size, contents.size())});
  }
  return ranges;
}

void FillRun(Contents& contents, Range range, Random& random) {
  static constexpr unsigned char kValues[] = {0x00, 0xff, 0x80, 0x7f, 0x01};
  const char value = static_cast<char>(kValues[random() % std::size(kValues)]);
  const size_t at = range.begin + random() % (range.end - range.begin);
  const size_t length = 1 + random() % 64;
  for (size_t i = at; i < std::min(at + length, range.end); ++i) contents[i] = value;
}

void ChangeBytes(Contents& contents, Range range, Random& random) {
  const size_t count = 1 + random() % 16;
  for (size_t i = 0; i < count; ++i) {
    contents[range.begin + random() % (range.end - range.begin)] = static_cast<char>(random());
  }
}

// Moves a part of the range, so that everything after it is misinterpreted.
void Shift(Contents& contents, Range range, Random& random) {
  const size_t at = range.begin + random() % (range.end - range.begin);
  const size_t by = 1 + random() % 16;
  for (size_t i = at; i + by < range.end; ++i) contents[i] = contents[i + by];
}

// Changes a number slightly or a lot, at a possible size, offset or count.
void ChangeNumber(Contents& contents, Range range, Random& random) {
  static constexpr uint64_t kNumbers[] = {
      0, 1, 0x7fffffff, 0xffffffff, 0xfffffff0, ~uint64_t{0}, uint64_t{1} << 63, 0xffff, 0x10000};
  const uint64_t number = kNumbers[random() % std::size(kNumbers)] + random() % 3;
  const size_t at = range.begin + random() % (range.end - range.begin);
  const size_t width = size_t{1} << random() % 4;
  for (size_t i = 0; i < width && at + i < range.end; ++i) {
    contents[at + i] = static_cast<char>(number >> (8 * i));
  }
}

Contents Mutate(Contents contents, const std::vector<Range>& ranges, Random& random) {
  const size_t changes = 1 + random() % 3;
  for (size_t i = 0; i < changes; ++i) {
    const Range range = ranges[random() % ranges.size()];
    if (range.begin >= range.end) continue;
    switch (random() % 4) {
      case 0:
        FillRun(contents, range, random);
        break;
      case 1:
        ChangeBytes(contents, range, random);
        break;
      case 2:
        Shift(contents, range, random);
        break;
      default:
        ChangeNumber(contents, range, random);
        break;
    }
  }
  if (random() % 16 == 0) contents.resize(random() % (contents.size() + 1));
  return contents;
}

struct Counter : pprof::symbolize::FrameSink {
  void OnAddress(size_t, const pprof::symbolize::RawFrame* frames, size_t count) override {
    ++answers;
    for (size_t i = 0; i < count; ++i) bytes += frames[i].linkage_name.size();
  }
  size_t answers = 0;
  size_t bytes = 0;
};

std::vector<uint64_t> TextOffsets(const std::string& binary) {
  std::vector<uint64_t> offsets;
  const auto elf = pprof::symbolize::ElfFile::Open(binary);
  const auto* text = elf == nullptr ? nullptr : elf->FindSection(".text");
  for (uint64_t at = 0; text != nullptr && at < text->bytes.size && offsets.size() < 400; at += 7) {
    for (const auto& segment : elf->segments()) {
      const uint64_t into = text->address + at - segment.address;
      if (into < segment.file_size) offsets.push_back(segment.file_offset + into);
    }
  }
  return offsets;
}

struct File {
  std::string path;
  Contents contents;
  std::vector<Range> ranges;
};

// The number of results; ends the program if it took too long.
size_t Resolve(const std::string& binary, const std::vector<uint64_t>& offsets, size_t number) {
  pprof::symbolize::ModuleRef module;
  module.path = binary;
  pprof::symbolize::BatchLimits limits;
  const auto begin = std::chrono::steady_clock::now();
  limits.deadline = begin + kDeadline;
  // Half of the runs treat compressed units as too large for memory.
  static bool whole = false;
  whole = !whole;
  if (!whole) limits.max_whole_unit = 0;
  Counter counter;
  pprof::symbolize::ResolveBatch(module, offsets, limits, counter);
  pprof::symbolize::FindDataSymbols(module, pprof::symbolize::DataKind::kStatic, offsets);
  if (std::chrono::steady_clock::now() - begin > kTooLong) {
    std::fprintf(stderr, "mutant %zu of %s took too long\n", number, binary.c_str());
    std::exit(1);
  }
  return counter.answers;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: symbolize_mutation_test COUNT SEED BINARY [OTHER_FILE...]\n");
    return 2;
  }
  const size_t count = std::strtoul(argv[1], nullptr, 10);
  Random random(std::strtoul(argv[2], nullptr, 10));
  std::vector<File> files;
  for (int i = 3; i < argc; ++i) {
    File file{argv[i], ReadFile(argv[i]), {}};
    file.ranges = InterestingRanges(file.path, file.contents);
    files.push_back(std::move(file));
  }
  const std::string binary = argv[3];
  const std::vector<uint64_t> offsets = TextOffsets(binary);
  if (Resolve(binary, offsets, 0) == 0) {
    std::fprintf(stderr, "%s: no answers before any damage\n", binary.c_str());
    return 1;
  }
  size_t answers = 0;
  for (size_t i = 1; i <= count; ++i) {
    const File& file = files[random() % files.size()];
    if (!WriteFile(file.path, Mutate(file.contents, file.ranges, random))) return 1;
    answers += Resolve(binary, offsets, i);
    if (!WriteFile(file.path, file.contents)) return 1;
  }
  std::printf("%zu mutants, %zu answers of %zu\n", count, answers, count * offsets.size());
  return 0;
}
