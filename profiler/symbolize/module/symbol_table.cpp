#include "profiler/symbolize/module/symbol_table.h"

#include <elf.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "profiler/symbolize/elf/elf_symbol.h"

namespace pprof::symbolize {
namespace {

// Maximum reach of a symbol without a size (hand-written assembler).
constexpr uint64_t kMaxUnsizedReach = 4096;
constexpr uint32_t kNone = ~uint32_t{0};

bool IsCode(const ElfSymbol& symbol) {
  if (symbol.section == SHN_UNDEF || symbol.name == 0 || symbol.start == 0) return false;
  return symbol.type == STT_FUNC || symbol.type == STT_GNU_IFUNC || symbol.type == STT_NOTYPE;
}

// Rank among aliases: global before weak before local, then functions before labels.
uint8_t RankOf(const ElfSymbol& symbol) {
  const uint8_t bind = symbol.bind == STB_GLOBAL ? 2 : symbol.bind == STB_LOCAL ? 0 : 1;
  return static_cast<uint8_t>(bind * 2 + (symbol.type != STT_NOTYPE ? 1 : 0));
}

bool Better(const SymbolMatch& a, const SymbolMatch& b) {
  if (a.sized != b.sized) return a.sized;
  if (a.start != b.start) return a.start > b.start;
  return a.rank > b.rank;
}

class Matcher {
 public:
  // `file`: loads the bytes; null if they are in memory.
  Matcher(const ElfFile* file, sys::Bytes names, const std::vector<ElfSection>& sections,
          PendingLocations& locations, StringPool& strings)
      : file_(file), names_(names), sections_(sections), locations_(locations), strings_(strings) {
    chosen_.assign(locations.size(), kNone);
    best_.resize(locations.size());
    for (size_t i = 0; i < locations.size(); ++i) {
      best_[i] = locations[i].symbol;
      if (best_[i].name == kNoString) best_[i] = SymbolMatch{};
    }
  }

  void Run(sys::Bytes symbols, TimeBudget& budget) {
    constexpr size_t kStep = 16384 * sizeof(Elf64_Sym);
    for (size_t at = 0; at < symbols.size; at += kStep) {
      const sys::Bytes step = symbols.Slice(at, std::min(kStep, symbols.size - at));
      if (file_ != nullptr) file_->Load(step);
      if (!Match(step, budget)) break;
      if (file_ == nullptr) continue;
      file_->Drop(step);
      file_->Drop(names_);
    }
    InternNames();
  }

 private:
  // Names are anywhere in a table of up to 100 MB: those of a few locations at a time are loaded.
  void InternNames() {
    constexpr size_t kAtATime = 64;
    for (size_t i = 0; i < locations_.size(); ++i) {
      if (file_ != nullptr && i % kAtATime == 0) file_->Drop(names_);
      if (chosen_[i] == kNone) continue;
      locations_[i].symbol = best_[i];
      locations_[i].symbol.name = strings_.Intern(NameAt(chosen_[i]));
    }
    if (file_ != nullptr) file_->Drop(names_);
  }

  // False: out of time.
  bool Match(sys::Bytes symbols, TimeBudget& budget) {
    const size_t count = symbols.size / sizeof(Elf64_Sym);
    for (size_t i = 0; i < count; ++i) {
      const ElfSymbol symbol =
          ReadElfSymbol(symbols.Slice(i * sizeof(Elf64_Sym), sizeof(Elf64_Sym)));
      if (!IsCode(symbol)) continue;
      // A damaged table could match every symbol to every location.
      if (Offer(symbol) && budget.Spent()) return false;
    }
    return true;
  }

  // True if it covers any location.
  bool Offer(const ElfSymbol& symbol) {
    const bool sized = symbol.size != 0;
    const uint64_t reach = sized ? symbol.size : UnsizedReach(symbol);
    const SymbolMatch match{kNoString, symbol.start, sized, RankOf(symbol)};
    const auto first = std::lower_bound(locations_.begin(), locations_.end(), symbol.start,
                                        [](const PendingLocation& location, uint64_t address) {
                                          return location.address < address;
                                        });
    const size_t begin = static_cast<size_t>(first - locations_.begin());
    size_t i = begin;
    for (; i < locations_.size() && locations_[i].address - symbol.start < reach; ++i) {
      const bool none = chosen_[i] == kNone && best_[i].name == kNoString;
      if (!none && !Better(match, best_[i])) continue;
      if (NameAt(symbol.name).empty()) continue;
      best_[i] = match;
      chosen_[i] = symbol.name;
    }
    return i != begin;
  }

  uint64_t UnsizedReach(const ElfSymbol& symbol) const {
    if (symbol.section >= sections_.size()) return 0;
    const ElfSection& section = sections_[symbol.section];
    const uint64_t into = symbol.start - section.address;
    return into < section.size ? std::min(section.size - into, kMaxUnsizedReach) : 0;
  }

  std::string_view NameAt(uint32_t offset) const {
    if (file_ != nullptr) return file_->CStringAt(names_, offset);
    return sys::ByteCursor(names_.From(offset)).CString();
  }

  const ElfFile* const file_;
  sys::Bytes names_;
  const std::vector<ElfSection>& sections_;
  PendingLocations& locations_;
  StringPool& strings_;
  std::vector<uint32_t> chosen_;  // name offset of the best symbol of this table
  std::vector<SymbolMatch> best_;
};

}  // namespace

void MatchSymbols(sys::Bytes symbols, sys::Bytes names, const std::vector<ElfSection>& sections,
                  TimeBudget& budget, PendingLocations& locations, StringPool& strings) {
  Matcher(nullptr, names, sections, locations, strings).Run(symbols, budget);
}

void MatchSymbolsOf(const ElfFile& file, TimeBudget& budget, PendingLocations& locations,
                    StringPool& strings) {
  for (const auto& [symbols, names] : {std::pair{".symtab", ".strtab"}, {".dynsym", ".dynstr"}}) {
    const ElfSection* table = file.FindSection(symbols);
    const ElfSection* text = file.FindSection(names);
    if (table == nullptr || text == nullptr) continue;
    Matcher(&file, text->bytes, file.sections(), locations, strings).Run(table->bytes, budget);
  }
}

}  // namespace pprof::symbolize
