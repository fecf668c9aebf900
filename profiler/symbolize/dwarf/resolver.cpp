#include "profiler/symbolize/dwarf/resolver.h"

#include <algorithm>
#include <memory>

#include "profiler/symbolize/dwarf/aranges.h"
#include "profiler/symbolize/dwarf/functions.h"
#include "profiler/symbolize/dwarf/line.h"
#include "profiler/symbolize/dwarf/line_header.h"
#include "profiler/symbolize/dwarf/scopes.h"

namespace pprof::symbolize {
namespace {

// An abstract function's declaration may be in a third unit, but real chains are short.
constexpr int kMaxFarRounds = 6;

bool IsConstantOffset(const FormValue& value) {
  return value.kind == FormValue::kSectionOffset || value.kind == FormValue::kConstant;
}

}  // namespace

DwarfResolver::DwarfResolver(const ElfFile& file, const ElfFile* alternate, SplitFiles& split_files,
                             PendingLocations& locations, StringPool& strings, NameTable& names,
                             TimeBudget& budget)
    : sections_(file, FileRole::kMain, &budget),
      split_files_(split_files),
      locations_(locations),
      strings_(strings),
      names_(names),
      budget_(budget),
      abbrevs_(locations.get_allocator().resource()),
      claimed_(locations.size()),
      unclaimed_(locations.size()) {
  if (alternate != nullptr) {
    alternate_ = std::make_unique<DwarfSections>(*alternate, FileRole::kAlternate, &budget);
  }
}

void DwarfResolver::LimitWholeUnits(uint64_t bytes) {
  sections_.max_whole_unit = bytes;
  if (alternate_ != nullptr) alternate_->max_whole_unit = bytes;
}

void DwarfResolver::Run() {
  ScanUnits();
  ResolveFarReferences();
  sections_.info.Close();
  sections_.abbrevs.Close();
  ResolveStrings();
  sections_.str.Close();
  for (const SplitJob& job : split_jobs_) ScanSplitUnit(job);
  RunLinePrograms();
}

void DwarfResolver::ScanUnits() {
  const UnitIndex index = ReadAranges(sections_.aranges, locations_);
  sections_.aranges.Close();
  UnitExtent extent;
  // An address that no unit has claimed may be in a later one, so the scan continues to the end.
  for (uint64_t offset = 0; unclaimed_ > 0 && ReadUnitExtent(sections_.info, offset, &extent);
       offset = extent.end) {
    if (budget_.Spent()) return;
    const bool described =
        std::binary_search(index.described.begin(), index.described.end(), offset);
    const bool needed = std::binary_search(index.needed.begin(), index.needed.end(), offset);
    if (!described || needed) ScanUnit(extent);
    sections_.info.DropBefore(extent.end);
  }
}

void DwarfResolver::ScanUnit(const UnitExtent& extent) {
  DwarfUnit unit(sections_, abbrevs_, nullptr);
  if (!unit.Open(extent)) return;
  std::vector<uint32_t> wanted = WantedIn(unit.ranges());
  if (wanted.empty()) return;
  for (const uint32_t index : wanted) {
    unclaimed_ -= claimed_[index] ? 0 : 1;
    claimed_[index] = true;
  }
  const StringId comp_dir = unit.String(unit.comp_dir(), strings_);
  if (unit.is_skeleton()) {
    split_jobs_.push_back({unit.offset(), unit.dwo_id(), unit.addr_base(), unit.ranges_base(),
                           unit.low_pc(), comp_dir, unit.String(unit.dwo_name(), strings_),
                           wanted});
  } else {
    ScanFunctions(unit, unit.offset(), wanted);
  }
  if (IsConstantOffset(unit.line_offset())) {
    line_jobs_.push_back({unit.offset(), unit.line_offset().value, comp_dir, std::move(wanted)});
  }
}

void DwarfResolver::ScanFunctions(DwarfUnit& unit, uint64_t unit_key,
                                  const std::vector<uint32_t>& wanted) {
  if (!unit.LoadDies(AddressesOf(wanted))) return;
  names_.BeginUnit();
  FunctionScan(unit, unit_key, locations_, wanted, names_).Run();
  FindScopes(unit, names_);
}

std::vector<uint64_t> DwarfResolver::AddressesOf(const std::vector<uint32_t>& wanted) const {
  std::vector<uint64_t> addresses;
  addresses.reserve(wanted.size());
  for (const uint32_t index : wanted) addresses.push_back(locations_[index].address);
  return addresses;
}

std::vector<uint32_t> DwarfResolver::WantedIn(const std::vector<AddressRange>& ranges) const {
  std::vector<uint32_t> wanted;
  for (const AddressRange& range : ranges) {
    auto at = std::lower_bound(locations_.begin(), locations_.end(), range.begin,
                               [](const PendingLocation& location, uint64_t address) {
                                 return location.address < address;
                               });
    for (; at != locations_.end() && at->address < range.end; ++at) {
      wanted.push_back(static_cast<uint32_t>(at - locations_.begin()));
    }
    // Overlapping ranges of a damaged unit must not repeat every location a million times.
    if (wanted.size() > 2 * locations_.size()) break;
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  return wanted;
}

void DwarfResolver::ResolveFarReferences() {
  for (int round = 0; round < kMaxFarRounds && !budget_.Spent(); ++round) {
    NameTable::FarReferences references = names_.TakeFarReferences();
    if (references.empty()) return;
    std::sort(references.begin(), references.end(),
              [](const auto& a, const auto& b) { return a.die < b.die; });
    const auto others = std::stable_partition(
        references.begin(), references.end(),
        [](const auto& reference) { return reference.role == FileRole::kMain; });
    const NameTable::FarReference* end = references.data() + references.size();
    const NameTable::FarReference* middle = references.data() + (others - references.begin());
    ResolveFarReferencesIn(sections_, references.data(), middle);
    if (alternate_ != nullptr) ResolveFarReferencesIn(*alternate_, middle, end);
  }
}

void DwarfResolver::ResolveFarReferencesIn(DwarfSections& sections,
                                           const NameTable::FarReference* next,
                                           const NameTable::FarReference* end) {
  UnitExtent extent;
  for (uint64_t offset = 0; next != end && ReadUnitExtent(sections.info, offset, &extent);
       offset = extent.end) {
    if (budget_.Spent()) return;
    sections.info.DropBefore(offset);
    const NameTable::FarReference* first = next;
    while (next != end && next->die < extent.end) ++next;
    DwarfUnit unit(sections, abbrevs_, nullptr);
    if (first == next || !unit.Open(extent) || !unit.LoadDies({})) continue;
    names_.BeginUnit();
    for (const auto* at = first; at != next; ++at) {
      names_.SetTarget(at->name, names_.NameOf(unit, at->die));
    }
    FindScopes(unit, names_);
  }
}

void DwarfResolver::ResolveStrings() {
  strings_.ResolveSection(static_cast<uint32_t>(FileRole::kMain), sections_.str);
  if (alternate_ != nullptr) {
    strings_.ResolveSection(static_cast<uint32_t>(FileRole::kAlternate), alternate_->str);
  }
}

void DwarfResolver::ScanSplitUnit(const SplitJob& job) {
  if (budget_.Spent()) return;
  SplitUnit split;
  if (!split_files_.Open(job.dwo_id, std::string(strings_.Text(job.comp_dir)),
                         std::string(strings_.Text(job.dwo_name)), &split)) {
    return;
  }
  split.context.skeleton_sections = &sections_;
  split.context.addr_base = job.addr_base;
  split.context.ranges_base = job.ranges_base;
  split.context.low_pc = job.low_pc;
  AbbrevTable abbrevs(locations_.get_allocator().resource());
  DwarfUnit unit(*split.sections, abbrevs, &split.context);
  if (!unit.Open(split.extent)) return;
  ScanFunctions(unit, job.unit, job.wanted);
}

void DwarfResolver::RunLinePrograms() {
  std::sort(line_jobs_.begin(), line_jobs_.end(),
            [](const LineJob& a, const LineJob& b) { return a.offset < b.offset; });
  for (const LineJob& job : line_jobs_) {
    if (budget_.Spent()) return;
    RunLineProgram(job);
  }
}

void DwarfResolver::RunLineProgram(const LineJob& job) {
  UnitExtent extent;  // a line program starts with a length in the same format as a unit
  if (!ReadUnitExtent(sections_.line, job.offset, &extent)) return;
  const sys::Bytes program = sections_.line.Window(extent.offset, extent.end - extent.offset);
  LineStrings texts;
  texts.line_str = sections_.line_str.Get();
  if (!sections_.str.compressed()) texts.str = &sections_.str;
  LineHeader header;
  if (!header.Parse(program, texts)) return;
  const std::vector<uint64_t> addresses = AddressesOf(job.wanted);
  std::unordered_map<uint64_t, StringId> names;
  const auto on_row = [&](size_t index, uint64_t file, uint32_t line) {
    PendingLocation& location = locations_[job.wanted[index]];
    // Where units overlap, the one with the function takes precedence.
    if (location.line_unit != PendingLocation::kNoUnit && location.unit != job.unit) return;
    location.line_unit = job.unit;
    location.filename = FileNameId(header, file, job, names);
    location.line = line;
  };
  LineProgram(header, addresses, on_row).Run(budget_);
  NameCallFiles(job, header, names);
  sections_.line.DropBefore(extent.end);
}

void DwarfResolver::NameCallFiles(const LineJob& job, const LineHeader& header,
                                  std::unordered_map<uint64_t, StringId>& names) {
  for (const uint32_t index : job.wanted) {
    PendingLocation& location = locations_[index];
    // File numbers are only meaningful in the table of the unit with the call.
    if (location.unit != job.unit) continue;
    for (InlinedCall& call : location.calls) {
      call.call_filename = FileNameId(header, call.call_file, job, names);
    }
  }
}

StringId DwarfResolver::FileNameId(const LineHeader& header, uint64_t file, const LineJob& job,
                                   std::unordered_map<uint64_t, StringId>& names) {
  const auto [entry, added] = names.try_emplace(file, kNoString);
  if (added) {
    entry->second = strings_.Intern(header.FileName(file, strings_.Text(job.comp_dir)));
  }
  return entry->second;
}

}  // namespace pprof::symbolize
