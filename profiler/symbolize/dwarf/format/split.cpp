#include "profiler/symbolize/dwarf/format/split.h"

#include <utility>

#include "profiler/symbolize/dwarf/format/package.h"

namespace pprof::symbolize {
namespace {

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::vector<std::string> CandidatePaths(const std::vector<std::string>& binaries,
                                        const std::string& comp_dir, const std::string& name) {
  std::vector<std::string> paths;
  const bool absolute = !name.empty() && name.front() == '/';
  if (absolute) {
    paths.push_back(name);
  } else if (!comp_dir.empty()) {
    paths.push_back(comp_dir + "/" + name);
  }
  for (const std::string& binary : binaries) {
    const std::string directory = DirectoryOf(binary) + "/";
    if (!absolute) paths.push_back(directory + name);
    paths.push_back(directory + name.substr(name.rfind('/') + 1));
  }
  return paths;
}

}  // namespace

struct SplitFiles::Package {
  Package(std::unique_ptr<ElfFile> elf, TimeBudget* budget)
      : file(std::move(elf)), sections(*file, FileRole::kSplit, budget), index(*file, budget) {}

  std::unique_ptr<ElfFile> file;
  DwarfSections sections;
  PackageIndex index;
};

SplitFiles::SplitFiles(std::vector<std::string> binaries, TimeBudget* budget)
    : binaries_(std::move(binaries)), budget_(budget) {}

SplitFiles::~SplitFiles() = default;

bool SplitFiles::Open(uint64_t dwo_id, const std::string& comp_dir, const std::string& dwo_name,
                      SplitUnit* unit) {
  OpenPackage();
  if (OpenFromPackage(dwo_id, unit)) return true;
  if (dwo_name.empty()) return false;
  for (const std::string& path : CandidatePaths(binaries_, comp_dir, dwo_name)) {
    if (OpenFile(path, dwo_id, unit)) return true;
  }
  return false;
}

void SplitFiles::OpenPackage() {
  if (std::exchange(looked_for_package_, true)) return;
  for (const std::string& binary : binaries_) {
    std::unique_ptr<ElfFile> file = ElfFile::Open(binary + ".dwp");
    if (file == nullptr) continue;
    package_ = std::make_unique<Package>(std::move(file), budget_);
    return;
  }
}

bool SplitFiles::OpenFromPackage(uint64_t dwo_id, SplitUnit* unit) {
  if (package_ == nullptr) return false;
  DwarfSections& sections = package_->sections;
  PackageEntry entry;
  if (!package_->index.Find(dwo_id, sections, &entry)) return false;
  unit->sections = &sections;
  unit->context.abbrev = entry.abbrev;
  unit->context.str_offsets = entry.str_offsets;
  unit->context.rnglists = entry.rnglists;
  unit->extent = entry.info;
  return true;
}

bool SplitFiles::OpenFile(const std::string& path, uint64_t dwo_id, SplitUnit* unit) {
  unit->file = ElfFile::Open(path);
  if (unit->file == nullptr) return false;
  unit->own_sections = std::make_unique<DwarfSections>(*unit->file, FileRole::kSplit, budget_);
  DwarfSections& sections = *unit->own_sections;
  unit->sections = &sections;
  unit->context.abbrev = sections.abbrev.Get();
  unit->context.str_offsets = sections.str_offsets.Get();
  unit->context.rnglists = sections.rnglists.All();
  AbbrevTable abbrevs(std::pmr::get_default_resource());
  uint64_t offset = 0;
  while (ReadUnitExtent(sections.info, offset, &unit->extent)) {
    DwarfUnit candidate(sections, abbrevs, &unit->context);
    if (candidate.Open(unit->extent) && candidate.dwo_id() == dwo_id) return true;
    offset = unit->extent.end;
  }
  return false;
}

}  // namespace pprof::symbolize
