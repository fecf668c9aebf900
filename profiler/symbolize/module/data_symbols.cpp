#include "profiler/symbolize/module/data_symbols.h"

#include <elf.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "profiler/symbolize/elf/elf_file.h"
#include "profiler/symbolize/elf/elf_symbol.h"
#include "profiler/symbolize/module/debug_files.h"

namespace pprof::symbolize {
namespace {

// Steps that a table may take in all: a damaged one could match every symbol to every address.
constexpr uint64_t kMostMatches = uint64_t{1} << 24;

struct Found {
  std::string_view name;
  uint64_t start = 0;
  uint64_t size = 0;
  bool global = false;
};

class DataMatcher {
 public:
  DataMatcher(DataKind kind, const std::vector<uint64_t>& addresses)
      : kind_(kind), order_(addresses.size()), addresses_(addresses), found_(addresses.size()) {
    std::iota(order_.begin(), order_.end(), size_t{0});
    std::sort(order_.begin(), order_.end(),
              [&](size_t a, size_t b) { return addresses[a] < addresses[b]; });
  }

  void Read(const ElfFile& file, const char* symbols, const char* names) {
    const ElfSection* table = file.FindSection(symbols);
    const ElfSection* text = file.FindSection(names);
    if (table == nullptr || text == nullptr) return;
    constexpr size_t kStep = 16384 * sizeof(Elf64_Sym);
    for (size_t at = 0; at < table->bytes.size; at += kStep) {
      const sys::Bytes step = table->bytes.Slice(at, std::min(kStep, table->bytes.size - at));
      file.Load(step);
      ReadStep(file, step, text->bytes);
      file.Drop(step);
    }
  }

  const std::vector<Found>& found() const { return found_; }

 private:
  void ReadStep(const ElfFile& file, sys::Bytes step, sys::Bytes names) {
    for (size_t at = 0; at + sizeof(Elf64_Sym) <= step.size; at += sizeof(Elf64_Sym)) {
      const ElfSymbol entry = ReadElfSymbol(step.Slice(at, sizeof(Elf64_Sym)));
      const uint8_t wanted = kind_ == DataKind::kStatic ? STT_OBJECT : STT_TLS;
      if (entry.type != wanted || entry.section == SHN_UNDEF || entry.size == 0) continue;
      Offer(file, names, entry.name, {{}, entry.start, entry.size, entry.bind != STB_LOCAL});
    }
  }

  void Offer(const ElfFile& file, sys::Bytes names, uint32_t name, Found symbol) {
    auto at = std::lower_bound(order_.begin(), order_.end(), symbol.start,
                               [&](size_t i, uint64_t start) { return addresses_[i] < start; });
    for (; at != order_.end() && addresses_[*at] - symbol.start < symbol.size; ++at) {
      if (++matches_ > kMostMatches) return;
      Found& best = found_[*at];
      const bool smaller = best.name.empty() || symbol.size < best.size;
      if (!smaller && (symbol.size > best.size || best.global || !symbol.global)) continue;
      symbol.name = file.CStringAt(names, name);
      if (!symbol.name.empty()) best = symbol;
    }
  }

  const DataKind kind_;
  std::vector<size_t> order_;  // of the addresses, ascending
  const std::vector<uint64_t>& addresses_;
  std::vector<Found> found_;
  uint64_t matches_ = 0;
};

std::string SectionOf(const ElfFile& file, uint64_t address) {
  for (const ElfSection& section : file.sections()) {
    if ((section.flags & SHF_ALLOC) == 0 || (section.flags & SHF_TLS) != 0) continue;
    if (address - section.address < section.size) return section.name;
  }
  return {};
}

}  // namespace

std::vector<DataSymbol> FindDataSymbols(const ModuleRef& module, DataKind kind,
                                        const std::vector<uint64_t>& addresses) {
  std::vector<DataSymbol> symbols(addresses.size());
  if (addresses.empty()) return symbols;
  BatchLimits limits;
  limits.detail = Detail::kFunctions;
  TimeBudget budget(limits.deadline, limits.cancelled);
  const ModuleFiles files = OpenModuleFiles(module, limits, budget);
  DataMatcher matcher(kind, addresses);
  for (const ElfFile* file : {files.binary.get(), files.separate.get(), files.mini.get()}) {
    if (file == nullptr) continue;
    matcher.Read(*file, ".symtab", ".strtab");
    matcher.Read(*file, ".dynsym", ".dynstr");
  }
  for (size_t i = 0; i < symbols.size(); ++i) {
    const Found& found = matcher.found()[i];
    symbols[i] = {std::string(found.name), found.start, found.size, {}};
    if (kind == DataKind::kStatic && files.binary != nullptr) {
      symbols[i].section = SectionOf(*files.binary, addresses[i]);
    }
  }
  return symbols;
}

}  // namespace pprof::symbolize
