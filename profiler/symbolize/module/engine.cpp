#include "profiler/symbolize/module/engine.h"

#include <algorithm>
#include <new>

#include "profiler/symbolize/dwarf/names.h"
#include "profiler/symbolize/dwarf/pending_location.h"
#include "profiler/symbolize/dwarf/resolver.h"
#include "profiler/symbolize/elf/string_pool.h"
#include "profiler/symbolize/elf/time_budget.h"
#include "profiler/symbolize/module/debug_files.h"
#include "profiler/symbolize/module/memory_symbols.h"
#include "profiler/symbolize/module/symbol_table.h"
#include "profiler/sys/memory/block_pool.h"
#include "profiler/sys/memory/page_resource.h"

namespace pprof::symbolize {
namespace {

constexpr char kVdso[] = "[vdso]";
constexpr std::chrono::milliseconds kSymbolTableGrace{250};

using Clock = TimeBudget::Clock;

Clock::time_point WithGrace(Clock::time_point deadline) {
  const bool fits = deadline < Clock::time_point::max() - kSymbolTableGrace;
  return fits ? deadline + kSymbolTableGrace : deadline;
}

// One call of ResolveBatch: opens files, searches symbol tables, then DWARF, then reports.
class ModuleLookUp {
 public:
  ModuleLookUp(const ModuleRef& module, const std::vector<uint64_t>& offsets,
               const BatchLimits& limits)
      : module_(module),
        offsets_(offsets),
        limits_(limits),
        budget_(limits.deadline, limits.cancelled),
        symbol_budget_(WithGrace(limits.deadline), limits.cancelled),
        strings_(&pool_),
        names_(&strings_, &pool_),
        locations_(&pool_) {}

  BatchOutcome Run(FrameSink& sink) {
    BatchOutcome outcome;
    if (limits_.detail == Detail::kNone || offsets_.empty()) return outcome;
    if (module_.path != kVdso) files_ = OpenModuleFiles(module_, limits_, symbol_budget_);
    outcome.file_usable =
        files_.binary != nullptr || files_.separate != nullptr || module_.path == kVdso;
    outcome.has_names = HasNames();
    MakeLocations();
    if (!locations_.empty()) {
      MatchAllSymbols();
      if (limits_.detail == Detail::kFull && !budget_.SpentNow()) ReadDwarf();
      Report(sink);
    }
    const bool full = limits_.detail == Detail::kFull;
    outcome.deadline_hit = (full ? budget_ : symbol_budget_).SpentNow();
    return outcome;
  }

 private:
  bool HasNames() const {
    for (const ElfFile* file : {files_.separate.get(), files_.binary.get(), files_.mini.get()}) {
      if (file != nullptr && file->FindSection(".symtab") != nullptr) return true;
    }
    if (files_.dwarf() != nullptr || module_.path == kVdso) return true;
    return !module_.is_main_executable && (module_.mapped || files_.binary != nullptr);
  }

  // An address of this process in the module; meaningless if the module is not loaded.
  uint64_t AnyAddress() const { return module_.bias + offsets_.front(); }

  // PendingLocations are sorted by address like offsets, except in files with unsorted segments.
  void MakeLocations() {
    std::vector<ElfSegment> segments;
    if (files_.binary != nullptr) {
      segments = files_.binary->segments();
    } else if (module_.mapped) {
      segments = LoadedSegments(AnyAddress(), module_.build_id);
    }
    std::vector<std::pair<uint64_t, size_t>> addresses;
    for (size_t i = 0; i < offsets_.size(); ++i) {
      uint64_t address = 0;
      if (OffsetToAddress(segments, offsets_[i], &address)) addresses.emplace_back(address, i);
    }
    std::sort(addresses.begin(), addresses.end());
    locations_.reserve(addresses.size());
    for (const auto& [address, index] : addresses) {
      locations_.emplace_back(address, &pool_);
      indexes_.push_back(index);
    }
  }

  void MatchAllSymbols() {
    for (const ElfFile* file : {files_.separate.get(), files_.binary.get(), files_.mini.get()}) {
      if (file != nullptr) MatchSymbolsOf(*file, symbol_budget_, locations_, strings_);
    }
    if (files_.binary == nullptr && module_.mapped) {
      MatchLoadedSymbols(AnyAddress(), module_.build_id, symbol_budget_, locations_, strings_);
    }
  }

  void ReadDwarf() {
    const ElfFile* file = files_.dwarf();
    if (file == nullptr) return;
    SplitFiles split_files(files_.paths(), &budget_);
    DwarfResolver resolver(*file, files_.alternate.get(), split_files, locations_, strings_, names_,
                           budget_);
    resolver.LimitWholeUnits(limits_.max_whole_unit);
    resolver.Run();
  }

  void Report(FrameSink& sink) {
    for (size_t i = 0; i < locations_.size(); ++i) {
      MakeFrames(locations_[i]);
      if (!frames_.empty()) sink.OnAddress(indexes_[i], frames_.data(), frames_.size());
    }
  }

  // The line of the address comes from the line table; that of each caller from its inlined call.
  void MakeFrames(const PendingLocation& location) {
    frames_.clear();
    texts_.clear();
    texts_.reserve(location.calls.size() + 1);
    StringId filename = location.filename;
    uint32_t line = location.line;
    for (size_t i = location.calls.size(); i-- > 0;) {
      const InlinedCall& call = location.calls[i];
      AddFrame(names_.Text(call.name), filename, line, names_.StartLine(call.name));
      filename = call.call_filename;
      line = call.call_line;
    }
    AddFrame(FunctionText(location), filename, line, names_.StartLine(location.function));
  }

  void AddFrame(std::string text, StringId filename, uint32_t line, uint32_t start_line) {
    if (text.empty()) return;
    texts_.push_back(std::move(text));
    frames_.push_back({texts_.back(), strings_.Text(filename), line, start_line});
  }

  // Local functions have no linkage name in DWARF, but may have one in the symbol table.
  std::string FunctionText(const PendingLocation& location) const {
    const std::string_view symbol = strings_.Text(location.symbol.name);
    if (symbol.empty() || names_.HasLinkageName(location.function)) {
      return names_.Text(location.function);
    }
    return std::string(symbol);
  }

  const ModuleRef& module_;
  const std::vector<uint64_t>& offsets_;
  const BatchLimits& limits_;
  TimeBudget budget_;
  TimeBudget symbol_budget_;  // for the first steps, which are cheap
  // Containers that grow with the batch use separate pages, all of which are released at the end.
  sys::PageResource pages_;
  sys::BlockPool pool_{&pages_};
  ModuleFiles files_;
  StringPool strings_;
  NameTable names_;
  PendingLocations locations_;
  std::vector<size_t> indexes_;  // of the locations in offsets_
  std::vector<RawFrame> frames_;
  std::vector<std::string> texts_;
};

}  // namespace

BatchOutcome ResolveBatch(const ModuleRef& module, const std::vector<uint64_t>& offsets,
                          const BatchLimits& limits, FrameSink& sink) {
  try {
    return ModuleLookUp(module, offsets, limits).Run(sink);
  } catch (const std::bad_alloc&) {
    BatchOutcome outcome;  // out of memory: fewer results, and worth a retry
    outcome.deadline_hit = true;
    return outcome;
  }
}

}  // namespace pprof::symbolize
